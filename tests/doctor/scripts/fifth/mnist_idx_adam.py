from __future__ import annotations

import argparse
import gzip
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import numpy as np


@dataclass
class Config:
    data_dir: Path = Path("data")
    hidden: list[int] = field(default_factory=lambda: [128, 64])
    epochs: int = 10
    batch_size: int = 64
    lr: float = 1e-3
    seed: int = 0


def read_idx(path: Path) -> np.ndarray:
    with gzip.open(path, "rb") as f:
        _, _, ndim = struct.unpack(">HBB", f.read(4))
        shape = tuple(struct.unpack(">I", f.read(4))[0] for _ in range(ndim))
        return np.frombuffer(f.read(), dtype=np.uint8).reshape(shape)


def load_mnist(d: Path):
    xtr = read_idx(d / "train-images-idx3-ubyte.gz").reshape(-1, 784).astype(np.float32) / 255
    ytr = read_idx(d / "train-labels-idx1-ubyte.gz").astype(np.int64)
    xte = read_idx(d / "t10k-images-idx3-ubyte.gz").reshape(-1, 784).astype(np.float32) / 255
    yte = read_idx(d / "t10k-labels-idx1-ubyte.gz").astype(np.int64)
    return xtr, ytr, xte, yte


def batches(x: np.ndarray, y: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[tuple]:
    order = rng.permutation(len(x))
    for start in range(0, len(x), size):
        idx = order[start:start + size]
        yield x[idx], y[idx]


class MLP:
    def __init__(self, sizes: list[int], rng: np.random.Generator):
        self.params: list[np.ndarray] = []
        for fan_in, fan_out in zip(sizes[:-1], sizes[1:]):
            self.params.append(rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)))
            self.params.append(np.zeros(fan_out))

    @property
    def n_layers(self) -> int:
        return len(self.params) // 2

    def forward(self, x: np.ndarray) -> list[np.ndarray]:
        acts = [x]
        for i in range(self.n_layers):
            z = acts[-1] @ self.params[2 * i] + self.params[2 * i + 1]
            acts.append(np.maximum(z, 0) if i < self.n_layers - 1 else z)
        return acts

    def loss_and_grads(self, x: np.ndarray, y: np.ndarray):
        acts = self.forward(x)
        logits = acts[-1]
        logits = logits - logits.max(axis=1, keepdims=True)
        logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        n = len(x)
        loss = -logp[np.arange(n), y].mean()

        delta = np.exp(logp)
        delta[np.arange(n), y] -= 1
        delta /= n
        grads: list[np.ndarray] = [None] * len(self.params)
        for i in reversed(range(self.n_layers)):
            grads[2 * i] = acts[i].T @ delta
            grads[2 * i + 1] = delta.sum(axis=0)
            if i > 0:
                delta = (delta @ self.params[2 * i].T) * (acts[i] > 0)
        return loss, grads

    def accuracy(self, x, y) -> float:
        return float((self.forward(x)[-1].argmax(axis=1) == y).mean())


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params = params
        self.lr = lr
        self.b1, self.b2 = betas
        self.eps = eps
        self.t = 0
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]

    def step(self, grads):
        self.t += 1
        for p, g, m, v in zip(self.params, grads, self.m, self.v):
            m *= self.b1
            m += (1 - self.b1) * g
            v *= self.b2
            v += (1 - self.b2) * g ** 2
            m_hat = m / (1 - self.b1)
            v_hat = v / (1 - self.b2)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


def main(cfg: Config) -> None:
    rng = np.random.default_rng(cfg.seed)
    xtr, ytr, xte, yte = load_mnist(cfg.data_dir)
    net = MLP([784, *cfg.hidden, 10], rng)
    opt = Adam(net.params, lr=cfg.lr)
    for epoch in range(cfg.epochs):
        losses = []
        for xb, yb in batches(xtr, ytr, cfg.batch_size, rng):
            loss, grads = net.loss_and_grads(xb, yb)
            opt.step(grads)
            losses.append(loss)
        print(f"epoch {epoch:3d}  loss {np.mean(losses):.4f}  test acc {net.accuracy(xte, yte):.4f}")


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data-dir", type=Path, default=Path("data"))
    ap.add_argument("--hidden", type=int, nargs="+", default=[128, 64])
    ap.add_argument("--epochs", type=int, default=10)
    ap.add_argument("--batch-size", type=int, default=64)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--seed", type=int, default=0)
    main(Config(**vars(ap.parse_args())))
