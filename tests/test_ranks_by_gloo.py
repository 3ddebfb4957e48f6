"""What a training asks of its ranks is no MPI: PyTorch's gloo process group adds the gradients up as well."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid as pl

PROGRAM = """
import json, sys
import numpy as np
import torch
import torch.distributed as dist
import pellucid as pl

class Gloo:
    # The ranks of a process group of PyTorch.
    def __init__(self):
        self.rank, self.size = dist.get_rank(), dist.get_world_size()

    def all_reduce(self, vector):
        dist.all_reduce(torch.from_numpy(vector))

rank, size, place = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
dist.init_process_group("gloo", init_method="file://" + place, rank=rank, world_size=size)
rng = np.random.default_rng(0)
X, y = rng.normal(size=(203, 6)), rng.integers(0, 4, 203)
net = pl.Network([6, 8, 4], rng=np.random.default_rng(1), dtype=np.float64)
given = dict(epochs=24, batch_size=10, dropout=0.2, rng=np.random.default_rng(2), dev=(X[:40], y[:40]))
epochs = list(pl.train(net, (X, y), pl.Adam(0.01), reduce=Gloo(), **given))
print(json.dumps([net.theta.tolist(), [[e.train.loss, e.dev.loss] for e in epochs]]))
dist.destroy_process_group()
"""


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3])
def test_ranks_of_another_library_equal_one_rank(size: int, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(rank), str(size), str(tmp_path / "meeting")],
            stdout=subprocess.PIPE, text=True,
        )
        for rank in range(size)
    ]  # fmt: skip
    found = [json.loads(process.communicate(timeout=300)[0].splitlines()[-1]) for process in processes]
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(203, 6)), rng.integers(0, 4, 203)
    net = pl.Network([6, 8, 4], rng=np.random.default_rng(1), dtype=np.float64)
    more: dict[str, Any] = {"epochs": 24, "batch_size": 10, "dropout": 0.2, "engine": "numpy"}
    given = {"rng": np.random.default_rng(2), "dev": (X[:40], y[:40]), **more}
    losses = []
    for epoch in pl.train(net, (X, y), pl.Adam(0.01), **given):
        assert epoch.dev is not None
        losses.append([epoch.train.loss, epoch.dev.loss])
    for theta, of_epochs in found:
        assert theta == found[0][0]
        assert np.linalg.norm(net.theta - theta) <= 1e-10 * np.linalg.norm(net.theta)
        np.testing.assert_allclose(of_epochs, losses, rtol=1e-10)
