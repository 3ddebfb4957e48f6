"""Does it pay to begin adding up a layer's gradient while the layers before it are still being gone through?

python -m benchmarks.overlap [--delays 0.05,0.5] [--rate 50] [--out FILE]; it needs what benchmarks.allreduce needs.
Two ranks go forward and back through 784-1024-1024-10 with half a batch of 256 each, and add their gradients up: in
one Iallreduce after the way back, or in one for each layer, begun as soon as its gradient is there and pushed on by a
Test after each product. MPI works inside its own calls, or, with MPICH_ASYNC_PROGRESS=1, in a thread of its own. Both
are run in turns, in memory that the ranks share and over links.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np

from benchmarks import machine
from benchmarks.allreduce import mpiexec, over_links
from benchmarks.turns import ROOT, environment

SIZES, ROWS, TURNS = (784, 1024, 1024, 10), 128, 24


@click.group(invoke_without_command=True)
@click.option("--delays", default="0.05,0.5", show_default=True, help="Each way, in milliseconds.")
@click.option("--rate", type=float, default=50.0, show_default=True, help="Of each link, in megabytes a second.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/overlap.json"), show_default=True)
@click.pass_context
def main(ctx: click.Context, delays: str, rate: float, out: Path) -> None:
    """Measure, print a table and write every number as JSON."""
    if ctx.invoked_subcommand is not None:
        return
    found: dict[str, Any] = {}
    for thread in ("0", "1"):
        os.environ["MPICH_ASYNC_PROGRESS"] = thread
        how = " with a thread of MPI's own" if thread == "1" else ""
        found[f"shared memory{how}"] = _here()
        for delay in map(float, delays.split(",")):
            found[f"{rate:g} MB/s, {delay:g} ms{how}"] = over_links(
                2, delay / 1e3, rate * 1e6, "benchmarks.overlap", "rank"
            )[0]
    click.echo("| ranks joined by | without a sum | one sum after the way back | a sum for each layer | ratio |")
    click.echo("|---|---|---|---|---|")
    for where, took in found.items():
        alone, after, layers = (1e3 * median(took[way]) for way in ("none", "after", "layers"))
        click.echo(f"| {where} | {alone:.1f} ms | {after:.1f} ms | {layers:.1f} ms | {layers / after:.2f} |")
    about = {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "machine": machine.describe()}
    out.write_text(json.dumps({**about, "seconds": found}, indent=1) + "\n")


def _here() -> dict[str, Any]:
    command = [mpiexec(), "-n", "2", sys.executable, "-m", "benchmarks.overlap", "rank"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])[0]
    return found


@main.command()
def rank() -> None:
    """One of the two ranks; the first prints how long its steps took."""
    import mpi4py

    mpi4py.rc.thread_level = "multiple" if os.environ.get("MPICH_ASYNC_PROGRESS") == "1" else "funneled"
    from mpi4py import MPI
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    world, step = MPI.COMM_WORLD, Step(MPI.COMM_WORLD, MPI.IN_PLACE)
    took: dict[str, list[float]] = {"none": [], "after": [], "layers": []}
    for _ in range(TURNS):
        for way, seconds in took.items():
            world.Barrier()
            begun = time.perf_counter()
            step.run(way)
            seconds.append(time.perf_counter() - begun)
    if world.rank == 0:
        click.echo(json.dumps([{way: seconds[TURNS // 4 :] for way, seconds in took.items()}]))


class Step:
    """Forward and back through ReLU layers; the gradient of each layer has its place in one vector."""

    def __init__(self, world: Any, in_place: Any) -> None:
        rng = np.random.default_rng(world.rank)
        self._world, self._in_place = world, in_place
        self._W = [rng.normal(0, n**-0.5, (n, m)).astype(np.float32) for n, m in pairwise(SIZES)]
        self._X = rng.random((ROWS, SIZES[0]), np.float32)
        ends = np.cumsum([0, *(W.size for W in self._W)])
        self._message = np.zeros(ends[-1], np.float32)
        self._parts = [self._message[a:b] for a, b in pairwise(ends)]

    def run(self, way: str) -> None:
        """A step, up to the gradients' sum."""
        begun: list[Any] = []
        acts = [self._X]
        for W in self._W:
            acts.append(np.maximum(acts[-1] @ W, 0))
        delta = acts[-1] - 0.1
        for k in reversed(range(len(self._W))):
            np.matmul(acts[k].T, delta, out=self._parts[k].reshape(self._W[k].shape))
            if way == "layers":
                begun.append(self._world.Iallreduce(self._in_place, self._parts[k]))
            _push(begun)
            if k:
                delta = (delta @ self._W[k].T) * (acts[k] > 0)
                _push(begun)
        if way == "after":
            begun.append(self._world.Iallreduce(self._in_place, self._message))
        while not _push(begun):
            time.sleep(0)


def _push(requests: list[Any]) -> bool:
    """Let MPI work on all of them; return whether they are done."""
    done = [request.Test() for request in requests]  # each of them, also where one is not done
    return all(done)


if __name__ == "__main__":
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        raise SystemExit("network namespaces need root")
    main()
