"""Links of a given delay and rate between network namespaces, for measurements of many machines on one; Linux, root.

``tc netem`` does the same where the kernel has it. Here a process of Python carries the packets: each namespace has a
TUN device, and what one sends reaches another after the time that it takes to send, one packet after the other, and the
delay. It carries some 100 MB/s, and adds about as long as a packet takes it.
"""

import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

TUNSETIFF, TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
MTU = 9000
CLONE_NEWNET = 0x40000000
LEAST_SLEEP = 0.0001


def address(number: int) -> str:
    """The address of a machine, which is its namespace's name as well."""
    return f"10.77.0.{number + 1}"


@contextmanager
def linked(machines: int, delay: float, rate: float) -> Iterator[list[str]]:
    """So many machines, by address, with links of a delay in seconds each way and a rate in bytes a second."""
    addresses = [address(number) for number in range(machines)]
    switch = None
    try:
        for each in addresses:
            _run("netns", "add", each)
        command = [sys.executable, "-m", "benchmarks.links", str(machines), repr(delay), repr(rate)]
        switch = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert switch.stdout is not None
        switch.stdout.readline()  # all devices are there
        for each in addresses:
            _run("-n", each, "addr", "add", f"{each}/24", "dev", "tun0")
            _run("-n", each, "link", "set", "tun0", "up", "mtu", str(MTU))
            _run("-n", each, "link", "set", "lo", "up")
        yield addresses
    finally:
        if switch is not None:
            switch.kill()
            switch.wait()
        for each in addresses:
            subprocess.run(["ip", "netns", "del", each], check=False)


def _run(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _device(namespace: str) -> int:
    """A TUN device in a namespace: the file of its packets."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    _enter(there)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"tun0", TUN_WITHOUT_HEADER))
    _enter(own)
    os.close(own)
    os.close(there)
    return device


def _enter(namespace: int) -> None:
    import ctypes

    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def carry(machines: int, delay: float, rate: float) -> None:
    """Carry packets between the machines, for ever."""
    devices = [_device(address(number)) for number in range(machines)]
    to = {bytes(map(int, address(number).split("."))): device for number, device in enumerate(devices)}
    free = dict.fromkeys(devices, 0.0)  # when each has sent what it has to send
    under_way: list[tuple[float, int, int, bytes]] = []
    number = 0
    print("ready", flush=True)
    while True:
        wait = max(0.0, under_way[0][0] - time.perf_counter()) if under_way else None
        ready, _, _ = select.select(devices, [], [], wait if wait is None or wait > LEAST_SLEEP else 0)
        now = time.perf_counter()
        for device in ready:
            packet = os.read(device, MTU)
            out = to.get(packet[16:20])
            if out is None:
                continue
            free[device] = max(now, free[device]) + len(packet) / rate
            number += 1
            heapq.heappush(under_way, (free[device] + delay, number, out, packet))
        while under_way and under_way[0][0] <= time.perf_counter():
            _, _, out, packet = heapq.heappop(under_way)
            os.write(out, packet)


if __name__ == "__main__":
    carry(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
