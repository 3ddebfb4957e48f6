"""PyTorch, eager. Data lies ready as tensors; the batches of an epoch are slices of one random permutation.

No DataLoader: for data in memory ``index_select`` costs a fraction of it. What PyTorch leaves open is tried on the
work at hand, and the fastest way kept: one thread or two, rows as bytes or as floats made beforehand, fused optimiser
or not. The losses are added up in a tensor and read once an epoch.
"""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from benchmarks.contestants import quickest
from benchmarks.workloads import Floats, Workload, load, load_prediction, start


class Way(NamedTuple):
    """A way to run an epoch."""

    threads: int
    floats: bool
    fused: bool


def sequential(pairs: list[tuple[Floats, Floats]]) -> nn.Sequential:
    """Linear layers with these weights, ReLU between them."""
    layers: list[nn.Module] = []
    for W, b in pairs:
        linear = nn.Linear(W.shape[1], W.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W))
            linear.bias.copy_(torch.tensor(b))
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Training:
    """nn.Sequential, CrossEntropyLoss, torch.optim."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.workload = workload
        X, y = load(folder, workload)
        self.bytes, self.y = torch.from_numpy(X), torch.from_numpy(y)
        self.floats = self.bytes.float() / 255
        floats = (False, True) if workload.batch_size else (True,)
        way = quickest(list(product((1, 2), floats, (False, True))), lambda way: self.work(Way(*way)))
        self.epoch = self.work(Way(*way))
        self.notes = ", ".join(f"{name}: {value}" for name, value in zip(Way._fields, way, strict=True))

    def work(self, way: Way) -> Callable[[], torch.Tensor]:
        """An epoch as a function, from the shared start on."""
        torch.set_num_threads(way.threads)
        workload = self.workload
        model = sequential(start(workload.sizes))
        optim = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[workload.optimizer]
        optimizer: Any = optim(model.parameters(), lr=workload.learning_rate, fused=way.fused)
        criterion = nn.CrossEntropyLoss()

        X, y = self.floats if way.floats else self.bytes, self.y

        def step(rows: torch.Tensor | None) -> torch.Tensor:
            optimizer.zero_grad(set_to_none=True)
            x, true = (X, y) if rows is None else (X.index_select(0, rows), y.index_select(0, rows))
            x = x if way.floats else x.float().div_(255)
            loss: torch.Tensor = criterion(model(x), true)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return lambda: one_epoch(workload, step)

    def repeat(self) -> None:
        for _ in range(self.workload.times):
            self.last = self.epoch().item()

    def loss(self) -> float:
        return self.last


def one_epoch(workload: Workload, step: Callable[[torch.Tensor | None], torch.Tensor]) -> torch.Tensor:
    """All batches once, each a slice of a random permutation of the rows; returns the mean loss."""
    if workload.batch_size is None:
        return step(None)
    total = torch.zeros(())
    for rows in torch.randperm(workload.rows).split(workload.batch_size):
        total += step(rows) * len(rows)
    return total / workload.rows


class Prediction:
    """The model in inference mode, softmax included, on tensors that lie ready."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        X, pairs = load_prediction(folder, workload)
        self.X, self.times = torch.from_numpy(X), workload.times
        self.model = nn.Sequential(*sequential(pairs), nn.Softmax(dim=1)).eval()

        def work(threads: int) -> Callable[[], object]:
            torch.set_num_threads(threads)
            return self.repeat

        threads = quickest((1, 2), work)
        torch.set_num_threads(threads)
        self.notes = f"inference_mode, threads: {threads}"

    @torch.inference_mode()
    def repeat(self) -> None:
        for _ in range(self.times):
            self.outputs = self.model(self.X)

    def result(self) -> dict[str, Any]:
        return {"outputs": self.outputs.numpy()}
