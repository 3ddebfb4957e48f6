"""Run one command and print what it took as JSON: wall and processor seconds, peak memory, exit code, last line.

python -S benchmarks/launch.py COMMAND…

Linux counts the memory of the process that starts a command into the command's own peak; so what starts it must be
small, and this file imports nothing but what it needs.
"""

import json
import os
import sys
import tempfile
import time


def main() -> None:
    """Run, wait, print."""
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        pid = os.posix_spawnp(
            sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)]
        )
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - began
        out.seek(0)
        lines = out.read().decode(errors="replace").strip().splitlines()
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    answer = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": kilobytes * 1024 / 1e6,
        "exit": os.waitstatus_to_exitcode(status),
        "output": lines[-1] if lines else "",
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
