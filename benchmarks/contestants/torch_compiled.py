"""PyTorch with torch.compile: one compiled function for a whole step, from bytes to the new weights.

Gathering the rows and turning them into floats is part of it. The gradients come from ``torch.func``, so that the pass
forward, the pass backward and the update are one graph without a break. Threads: the number that the code is compiled
for, one or two, whichever is faster on the work at hand. The rest is as in ``torch_eager``.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from benchmarks.contestants import quickest
from benchmarks.contestants.torch_eager import one_epoch
from benchmarks.workloads import Workload, load, start

Tensors = list[torch.Tensor]


def loss_of(parameters: Tensors, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the network; ``parameters`` are W, b, W, b, …"""
    for l in range(0, len(parameters), 2):
        x = functional.linear(torch.relu(x) if l else x, parameters[l], parameters[l + 1])
    return functional.cross_entropy(x, y)


def sgd(parameters: Tensors, grads: Tensors, state: Tensors, rate: float) -> None:  # noqa: ARG001
    """θ ← θ − η g."""
    for theta, g in zip(parameters, grads, strict=True):
        theta.sub_(g, alpha=rate)


def adam(parameters: Tensors, grads: Tensors, state: Tensors, rate: float) -> None:
    """Adam as in torch.optim, its defaults; the state is the count of steps, then m and v of each parameter."""
    steps = state[0].add_(1)
    for i, (theta, g) in enumerate(zip(parameters, grads, strict=True)):
        m, v = state[2 * i + 1], state[2 * i + 2]
        m.mul_(0.9).add_(g, alpha=0.1)
        v.mul_(0.999).addcmul_(g, g, value=0.001)
        root = (v / (1 - 0.999**steps)).sqrt() + 1e-8
        theta.sub_(rate * m / (1 - 0.9**steps) / root)


class Training:
    """One compiled step."""

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.workload, self.compile_seconds = workload, 0.0
        X, y = load(folder, workload)
        self.X, self.y = torch.from_numpy(X), torch.from_numpy(y)
        if workload.batch_size is None:
            self.X = self.X.float() / 255
        threads = quickest((1, 2), self.work)
        self.epoch = self.work(threads)
        self.notes = f"threads: {threads}"

    def work(self, threads: int) -> Callable[[], torch.Tensor]:
        """An epoch as a function, compiled, from the shared start on."""
        torch.set_num_threads(threads)
        torch._dynamo.reset()
        parameters = [torch.tensor(array) for pair in start(self.workload.sizes) for array in pair]
        state = [torch.zeros(()), *(torch.zeros_like(p) for p in parameters for _ in range(2))]
        X, y = self.X, self.y
        update: Any = {"sgd": sgd, "adam": adam}[self.workload.optimizer]
        rate = self.workload.learning_rate

        @torch.compile(dynamic=False)
        def step(rows: torch.Tensor | None) -> torch.Tensor:
            x, true = (X, y) if rows is None else (X.index_select(0, rows).float() / 255, y.index_select(0, rows))
            grads, loss = torch.func.grad_and_value(loss_of)(parameters, x, true)
            update(parameters, grads, state, rate)
            return loss

        def epoch() -> torch.Tensor:
            return one_epoch(self.workload, step)

        began = time.perf_counter()
        before = [value.clone() for value in (*parameters, *state)]
        epoch()  # compiles, for the batch and for the short last one
        self.compile_seconds = self.compile_seconds or time.perf_counter() - began
        for value, first in zip((*parameters, *state), before, strict=True):
            value.copy_(first)
        return epoch

    def repeat(self) -> None:
        for _ in range(self.workload.times):
            self.last = self.epoch().item()

    def loss(self) -> float:
        return self.last
