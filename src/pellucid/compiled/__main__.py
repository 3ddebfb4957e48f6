"""``python -m pellucid.compiled`` compiles the engine ahead of time: the first training need not wait for it."""

import time

import numpy as np

from pellucid.compiled.kept import folder
from pellucid.core.network import Network
from pellucid.core.optimizers import SGD
from pellucid.core.training import train


def main() -> None:
    """One step, and one prediction, in each precision on each kind of inputs."""
    start = time.perf_counter()
    y = np.arange(8) % 2
    for dtype in (np.float32, np.float64):
        net = Network([40, 32, 2], dtype=dtype, rng=np.random.default_rng(0))
        for kind in (np.uint8, np.float32, np.float64):
            X = np.eye(8, 40, dtype=kind)  # mostly 0: the sparse first layer is compiled too
            for _ in train(
                net, (X, y), SGD(0.1), epochs=1, rng=np.random.default_rng(0), engine="compiled", live=False
            ):
                pass
        net.predictor(engine="compiled")
    print(f"The compiled engine is ready after {time.perf_counter() - start:.0f} s; it is kept in {folder()}")


if __name__ == "__main__":
    main()
