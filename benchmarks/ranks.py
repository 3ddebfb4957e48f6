"""A step of one training on several ranks of one machine: pellucid by MPI beside PyTorch's DDP over gloo.

python -m benchmarks.ranks [--repeats 7] [--ranks 1,2,4] [--out benchmarks/ranks.json]; it needs pellucid[mpi], an
mpiexec, and PyTorch. Both make the same steps on data that lie ready: their rows of a batch gathered, forward, loss,
back, the gradients added up over the ranks, SGD. Each turn starts the ranks anew, warms them up and gives the median of
its steps; the turns go round, so that the noise of a shared machine hits all alike.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np

from benchmarks import machine
from benchmarks.turns import ROOT, SETTLE_SECONDS, environment

WORKLOADS = {  # sizes, samples of the global batch, steps of a turn
    "784-32-16-10": ((784, 32, 16, 10), 64, 200),
    "784-1024-1024-10": ((784, 1024, 1024, 10), 256, 16),
}
WARM_UP = 0.25  # of the steps


@click.group(invoke_without_command=True)
@click.option("--repeats", type=click.IntRange(1), default=7, show_default=True)
@click.option("--ranks", "counts", default="1,2,4", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/ranks.json"), show_default=True)
@click.pass_context
def main(ctx: click.Context, repeats: int, counts: str, out: Path) -> None:
    """Measure, print a table, and write every number as JSON."""
    if ctx.invoked_subcommand is not None:
        return
    turns = [(name, who, int(n)) for name in WORKLOADS for n in counts.split(",") for who in ("pellucid", "ddp")]
    found: dict[tuple[str, str, int], list[float]] = {turn: [] for turn in turns}
    for repeat in range(repeats):
        begin = repeat % len(turns)
        for turn in turns[begin:] + turns[:begin]:
            found[turn].append(_turn(*turn))
            click.echo(f"{turn}: {1e3 * found[turn][-1]:.3f} ms", err=True)
            time.sleep(SETTLE_SECONDS)
    results = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine.describe(),
        "repeats": repeats,
        "steps": [{"network": name, "who": who, "ranks": n, "seconds": found[name, who, n]} for name, who, n in turns],
    }
    out.write_text(json.dumps(results, indent=1) + "\n")
    click.echo("| network, batch | ranks | pellucid | DDP over gloo | DDP / pellucid | pellucid / one rank |")
    click.echo("|---|---|---|---|---|---|")
    for name, (_, batch, _) in WORKLOADS.items():
        alone = None
        for n in map(int, counts.split(",")):
            ours, theirs = (median(found[name, who, n]) for who in ("pellucid", "ddp"))
            alone = ours if alone is None else alone
            click.echo(
                f"| {name}, {batch} | {n} | {1e3 * ours:.3f} ms | {1e3 * theirs:.3f} ms | {theirs / ours:.2f} "
                f"| {ours / alone:.2f} |"
            )


def _turn(name: str, who: str, ranks: int) -> float:
    """The median step of one start of so many ranks."""
    own = {**environment(), "OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // ranks))}
    mpiexec = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or "mpiexec"
    worker = (sys.executable, "-m", "benchmarks.ranks", "rank", name, who)
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        done = subprocess.run(
            [mpiexec, "-n", str(ranks), *worker, meeting],
            cwd=ROOT,
            env=own,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return float(done.stdout.split()[-1])


@main.command()
@click.argument("name")
@click.argument("who")
@click.argument("meeting")
def rank(name: str, who: str, meeting: str) -> None:
    """One rank of a turn; the first prints the median of its steps in seconds."""
    sizes, batch, steps = WORKLOADS[name]
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (batch * steps, sizes[0]), dtype=np.uint8)
    y = rng.integers(0, sizes[-1], len(X))
    number, took = (_pellucid if who == "pellucid" else _ddp)(sizes, batch, X, y, meeting)
    if number == 0:
        click.echo(repr(median(took[int(len(took) * WARM_UP) :])))


def _pellucid(sizes: Any, batch: int, X: Any, y: Any, _: str) -> tuple[int, list[float]]:
    import pellucid as pl
    from pellucid.runs.mpi import ranks

    together = ranks()
    net = pl.Network(sizes, rng=np.random.default_rng(0))
    moments: list[float] = []
    more: dict[str, Any] = {"reduce": together, "engine": "numpy", "live": False}
    after = lambda _: moments.append(time.perf_counter())  # noqa: E731
    list(
        pl.train(
            net, (X, y), pl.SGD(0.1), epochs=1, batch_size=batch, rng=np.random.default_rng(1), after_step=after, **more
        )
    )
    return (0 if together is None else together.rank), np.diff(moments).tolist()


def _ddp(sizes: Any, batch: int, X: Any, y: Any, meeting: str) -> tuple[int, list[float]]:
    import torch
    import torch.distributed as dist
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel

    number, count = int(os.environ.get("PMI_RANK", "0")), int(os.environ.get("PMI_SIZE", "1"))
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=number, world_size=count)
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    model: nn.Module = nn.Sequential(*layers[:-1])
    model = DistributedDataParallel(model) if count > 1 else model
    rule, loss = torch.optim.SGD(model.parameters(), 0.1), nn.CrossEntropyLoss()
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
    order = torch.randperm(len(X), generator=torch.Generator().manual_seed(1))
    share, moments = batch // count, []
    for start in range(0, len(X), batch):
        rows = order[start + number * share : start + (number + 1) * share]
        rule.zero_grad()
        loss(model(inputs[rows].float() / 255), targets[rows]).backward()
        rule.step()
        moments.append(time.perf_counter())
    dist.destroy_process_group()
    return number, np.diff(moments).tolist()


if __name__ == "__main__":
    main()
