"""tinygrad on the CPU: a step is one jitted function, as in its own MNIST example, and the batch is gathered inside it.

Its CPU device compiles with clang. What it leaves open is tried on the work at hand, and the fastest way kept: rows
gathered in the jitted step or by NumPy before it, one fused update of all weights or one each.
"""

import os
import shutil
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contestants import Unsupported, quickest
from benchmarks.workloads import Floats, Workload, load, load_prediction, start

if shutil.which(os.environ.get("CC", "clang")) is None:
    raise Unsupported("its CPU device needs clang, which is not installed (Debian: apt-get install clang)")
os.environ["DEV"] = "CPU"  # read when tinygrad is imported

from tinygrad import Context, Device, Tensor, TinyJit, dtypes, nn


class Model:
    """Linear layers with these weights, ReLU between them."""

    def __init__(self, pairs: list[tuple[Floats, Floats]]) -> None:
        self.layers = [nn.Linear(W.shape[1], W.shape[0]) for W, _ in pairs]
        for layer, (W, b) in zip(self.layers, pairs, strict=True):
            layer.weight, layer.bias = Tensor(W).realize(), Tensor(b).realize()

    def __call__(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


class Training:
    """``TinyJit`` around a whole step; a short last batch has a jitted step of its own."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.workload, self.rng = workload, np.random.default_rng(0)
        self.X, y = load(folder, workload)
        self.y = y.astype(np.int32)
        ways = list(product((True, False) if workload.batch_size else (False,), (False, True)))
        inside, fused = quickest(ways, self.warmed, tries=2)
        self.epoch = self.work((inside, fused))
        self.notes = f"TinyJit, rows gathered in the step: {inside}, fused optimiser: {fused}"

    def warmed(self, way: tuple[bool, bool]) -> Callable[[], float]:
        """An epoch whose steps are recorded: the first call of each runs, the second is recorded."""
        epoch = self.work(way)
        for _ in range(1 if self.workload.batch_size else 2):
            epoch()
        return epoch

    def work(self, way: tuple[bool, bool]) -> Callable[[], float]:
        """An epoch as a function, from the shared start on."""
        workload, (inside, fused) = self.workload, way
        model = Model(start(workload.sizes))
        optim = {"sgd": nn.optim.SGD, "adam": nn.optim.Adam}[workload.optimizer]
        optimizer = optim(nn.state.get_parameters(model), lr=workload.learning_rate, fused=fused)
        total = Tensor.zeros(1).contiguous().realize()  # of the losses, read once an epoch
        steps = [self.jitted(model, optimizer, total, inside=inside) for _ in range(2)]  # one for a short last batch
        if workload.batch_size is None:
            whole = [Tensor(self.X).cast("float").div(255).realize(), Tensor(self.y).realize()]

        def one_epoch() -> float:
            total.assign(Tensor.zeros(1)).realize()
            order = self.rng.permutation(workload.rows).astype(np.int32)
            for first in range(0, workload.rows, workload.batch):
                rows = order[first : first + workload.batch]
                step = steps[len(rows) < workload.batch]
                if workload.batch_size is None:
                    step(*whole)
                elif inside:
                    step(Tensor(rows).realize())
                else:
                    step(Tensor(self.X[rows]).realize(), Tensor(self.y[rows]).realize())
            return float(total.item()) / workload.rows

        return one_epoch

    def jitted(self, model: Model, optimizer: Any, total: Tensor, *, inside: bool) -> Any:
        """A step, forward, back and update, as one recorded function of the batch or of its rows' numbers."""
        X, y = (Tensor(self.X).realize(), Tensor(self.y).realize()) if inside else (None, None)

        def step(first: Tensor, true: Tensor | None = None) -> None:
            x, labels = (X[first], y[first]) if inside else (first, true)
            x = x if x.dtype == dtypes.float else x.cast("float").div(255)
            with Context(TRAINING=1):
                optimizer.zero_grad()
                loss = model(x).sparse_categorical_crossentropy(labels).backward()
                counted = total.assign(total + loss.detach() * len(labels))
                Tensor.realize(counted, *optimizer.schedule_step())

        return TinyJit(step)

    def repeat(self) -> None:
        for _ in range(self.workload.times):
            self.last = self.epoch()

    def loss(self) -> float:
        return self.last


class Prediction:
    """The jitted network on a tensor that lies ready, call after call."""

    notes = "TinyJit"

    def prepare(self, workload: Workload, folder: Path) -> None:
        X, pairs = load_prediction(folder, workload)
        model, self.X, self.times = Model(pairs), Tensor(X).realize(), workload.times
        self.predict = TinyJit(lambda x: model(x).softmax().realize())
        began = time.perf_counter()
        for _ in range(3):  # the first runs, the second is recorded, the third repeats what was recorded
            self.predict(self.X)
        self.compile_seconds = time.perf_counter() - began

    def repeat(self) -> None:
        for _ in range(self.times):
            self.outputs = self.predict(self.X)
            Device[Device.DEFAULT].synchronize()

    def result(self) -> dict[str, Any]:
        return {"outputs": self.outputs.numpy()}
