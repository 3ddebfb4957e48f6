"""What it costs to add the gradients up over the ranks, and what that makes of a step on up to 1,024 machines.

python -m benchmarks.allreduce [--delays 0.05,0.5,5] [--rate 50] [--out FILE]; it needs Linux, root, pellucid[mpi] and
MPICH's mpiexec. It measures pellucid's ``all_reduce`` on 2 and 4 ranks, each in a network namespace of its own, over
links of known delay and rate (links.py), and a step of three networks on one rank, and fits

    t(N) = compute / N + latency · 2 log2 N + 2 bytes (N − 1) / N / bandwidth

The latency and the bandwidth of each link are fitted to some sizes of θ; the others check the fit.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np

from benchmarks import machine
from benchmarks.links import linked
from benchmarks.turns import ROOT, environment

SIZES = (1_000, 8_000, 25_818, 120_000, 600_000)  # numbers of float32
CHECKED = (8_000, 120_000)  # that are not fitted
RANKS = (2, 4)
NETWORKS = {"784-32-16-10": 64, "784-1024-1024-10": 256, "784-4096-4096-10": 1024}
UPTO = (1, 2, 4, 16, 64, 256, 1024)
LAUNCHER = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
host=$1; shift
exec ip netns exec "$host" sh -c "$*"
"""


@click.group(invoke_without_command=True)
@click.option("--delays", default="0.05,0.5,5", show_default=True, help="Each way, in milliseconds.")
@click.option("--rate", type=float, default=50.0, show_default=True, help="Of each link, in megabytes a second.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/allreduce.json"), show_default=True)
@click.pass_context
def main(ctx: click.Context, delays: str, rate: float, out: Path) -> None:
    """Measure, fit, check and predict; print the tables and write every number as JSON."""
    if ctx.invoked_subcommand is not None:
        return
    compute = {name: _compute(name, batch) for name, batch in NETWORKS.items()}
    results: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "machine": machine.describe(),
        "rate": rate, "compute": compute, "links": [],
    }  # fmt: skip
    for delay in map(float, delays.split(",")):
        points = [point for ranks in RANKS for point in _measured(ranks, delay / 1e3, rate * 1e6)]
        latency, bandwidth = fit([point for point in points if point["numbers"] not in CHECKED])
        off = [
            predicted(point["ranks"], 4 * point["numbers"], latency, bandwidth) / point["seconds"] - 1
            for point in points if point["numbers"] in CHECKED
        ]  # fmt: skip
        link = {"delay_ms": delay, "points": points, "latency": latency, "bandwidth": bandwidth, "off": off}
        results["links"].append(link)
        _show(link, compute)
    out.write_text(json.dumps(results, indent=1) + "\n")


def predicted(ranks: int, count: float, latency: float, bandwidth: float) -> float:
    """The seconds in which so many ranks add up so many bytes."""
    return latency * 2 * math.log2(ranks) + 2 * count * (ranks - 1) / ranks / bandwidth


def fit(points: list[dict[str, Any]]) -> tuple[float, float]:
    """The latency of a message and the bandwidth that go best with what was measured, by relative error."""
    rows = [(predicted(p["ranks"], 4 * p["numbers"], 1, math.inf), predicted(p["ranks"], 4 * p["numbers"], 0, 1))
            for p in points]  # fmt: skip
    seconds = np.array([point["seconds"] for point in points])
    latency, slowness = np.linalg.lstsq(np.array(rows) / seconds[:, np.newaxis], np.ones(len(points)), rcond=None)[0]
    return float(latency), float(1 / slowness)


def _show(link: dict[str, Any], compute: dict[str, Any]) -> None:
    latency, bandwidth = link["latency"], link["bandwidth"]
    click.echo(
        f"\nlinks of {link['delay_ms']} ms: latency {1e3 * latency:.3f} ms, bandwidth {bandwidth / 1e6:.1f} MB/s; at "
        f"the sizes not fitted it is off by {', '.join(f'{100 * off:+.0f} %' for off in link['off'])}"
    )
    for point in link["points"]:
        click.echo(f"  {point['ranks']} ranks, {point['numbers']:>8,} numbers: {1e3 * point['seconds']:9.3f} ms")
    click.echo("| network, batch | " + " | ".join(f"{n:,}" for n in UPTO) + " |")
    click.echo("|---|" + "---|" * len(UPTO))
    for name, about in compute.items():
        alone = about["seconds"]
        steps = [alone / n + (predicted(n, about["bytes"], latency, bandwidth) if n > 1 else 0.0) for n in UPTO]
        click.echo(f"| {name}, {about['batch']} | " + " | ".join(f"{alone / step:.2g} ×" for step in steps) + " |")


def _compute(name: str, batch: int) -> dict[str, Any]:
    """A step on one rank."""
    import pellucid as pl

    sizes = [int(size) for size in name.split("-")]
    rng, moments = np.random.default_rng(0), list[float]()
    X, y = rng.integers(0, 256, (12 * batch, sizes[0]), dtype=np.uint8), rng.integers(0, sizes[-1], 12 * batch)
    net = pl.Network(sizes, rng=rng)
    more: dict[str, Any] = {
        "engine": "numpy",
        "live": False,
        "after_step": lambda _: moments.append(time.perf_counter()),
    }
    list(pl.train(net, (X, y), pl.SGD(0.01), epochs=2, batch_size=batch, rng=rng, **more))
    return {"batch": batch, "bytes": int(net.theta.nbytes), "seconds": median(np.diff(moments[8:]).tolist())}


def _measured(ranks: int, delay: float, rate: float) -> list[dict[str, Any]]:
    """How long so many ranks take over such links, for each size."""
    found = over_links(ranks, delay, rate, "benchmarks.allreduce", "rank")
    return [{"ranks": ranks, **point} for point in found]


def over_links(ranks: int, delay: float, rate: float, *words: str) -> list[dict[str, Any]]:
    """What rank 0 of a module prints as its last line, where each rank is a machine behind a link of its own."""
    with tempfile.TemporaryDirectory() as folder, linked(ranks, delay, rate) as machines:
        launcher = Path(folder) / "launcher"
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o700)
        command = ["ip", "netns", "exec", machines[0], mpiexec(), "-launcher", "ssh", "-launcher-exec", str(launcher)]
        command += ["-localhost", machines[0], "-iface", "tun0", "-hosts", ",".join(machines), "-n", str(ranks)]
        command += [sys.executable, "-m", *words]
        own = {**environment(), "UCX_TLS": "tcp,self", "UCX_NET_DEVICES": "tun0"}
        done = subprocess.run(command, cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def mpiexec() -> str:
    """The command that starts ranks: the one beside this Python, else the machine's."""
    return shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or "mpiexec"


@main.command()
def rank() -> None:
    """One rank of a measurement; the first prints what it found."""
    from pellucid.runs.mpi import ranks

    together, found = ranks(), []
    assert together is not None
    for numbers in SIZES:
        vector, took = np.zeros(numbers, np.float32), []
        for _ in range(12):
            begun = time.perf_counter()
            together.all_reduce(vector)
            took.append(time.perf_counter() - begun)
        found.append({"numbers": numbers, "seconds": median(took[3:])})
    if together.rank == 0:
        click.echo(json.dumps(found))


if __name__ == "__main__":
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        raise SystemExit("network namespaces need root")
    main()
