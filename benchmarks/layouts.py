"""Is the bound's layout the fastest? Time every product of a step in all eight memory orders of A B = C.

python -m benchmarks.layouts [THREADS]
"""

import itertools
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.workloads import TRAINING

OURS = {"X Wᵀ": "CCC", "Δᵀ X": "FCC", "Δ W": "CFC"}  # what bound.py has


def _random(shape: tuple[int, int], order: Any) -> NDArray[np.float32]:
    return np.asarray(np.random.default_rng(0).random(shape), np.float32, order=order)


def _seconds(call: Callable[[], object], budget: float = 0.02) -> float:
    """The least time of a call, over seven series that fill the budget together."""
    call()
    start = time.perf_counter()
    call()
    count = max(1, int(budget / 7 / max(time.perf_counter() - start, 1e-7)))
    best = float("inf")
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(count):
            call()
        best = min(best, (time.perf_counter() - start) / count)
    return best


def orders(m: int, k: int, n: int) -> dict[str, float]:
    """Seconds for (m, k) times (k, n) in each order: C rows first, F columns first, for A, B and the result."""
    times = {}
    for a, b, c in itertools.product("CF", repeat=3):
        A, B, C = _random((m, k), a), _random((k, n), b), _random((m, n), c)
        if c == "C":
            times[a + b + c] = _seconds(lambda A=A, B=B, C=C: np.dot(A, B, out=C))  # type: ignore[misc]
        else:
            times[a + b + c] = _seconds(lambda A=A, B=B, C=C: np.dot(B.T, A.T, out=C.T))  # type: ignore[misc]
    return times


def main() -> None:
    """Print, for each workload's shapes, the bound's layout beside the fastest one."""
    with threadpool_limits(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        for sizes, batch in dict.fromkeys((w.sizes, w.batch) for w in TRAINING):
            mine = least = 0.0
            for l, (i, o) in enumerate(pairwise(sizes), start=1):
                shapes = {"X Wᵀ": (batch, i, o), "Δᵀ X": (i, batch, o)} | ({"Δ W": (batch, o, i)} if l > 1 else {})
                for name, (m, k, n) in shapes.items():
                    times = orders(m, k, n)
                    mine, least = mine + times[OURS[name]], least + min(times.values())
            shape = "-".join(map(str, sizes))
            print(f"{shape:>18} × {batch:<6} here {mine * 1e6:10.1f} µs   fastest mix {least * 1e6:10.1f} µs")


if __name__ == "__main__":
    main()
