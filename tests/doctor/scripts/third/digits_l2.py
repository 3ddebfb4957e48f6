"""Digits with a 3 layer net and weight decay.

usage: python digits_l2.py --epochs 20 --lam 0.01
"""
import argparse
import numpy as np
from sklearn.datasets import load_digits


def one_hot(y, k=10):
    out = np.zeros((y.size, k))
    out[np.arange(y.size), y] = 1
    return out


def softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def initialize(sizes, rng):
    weights, biases = [], []
    for a, b in zip(sizes[:-1], sizes[1:]):
        weights.append(rng.standard_normal((a, b)) * np.sqrt(2.0 / a))
        biases.append(np.zeros(b))
    return weights, biases


def forward(x, weights, biases):
    acts = [x]
    for i in range(len(weights) - 1):
        acts.append(np.maximum(0, acts[-1] @ weights[i] + biases[i]))
    acts.append(softmax(acts[-1] @ weights[-1] + biases[-1]))
    return acts


def loss_fn(probs, y, weights, lam):
    n = y.shape[0]
    ce = -np.sum(y * np.log(probs + 1e-12)) / n
    reg = 0.5 * lam * sum(np.sum(w * w) for w in weights)
    return ce + reg


def gradients(acts, y, weights, lam):
    n = y.shape[0]
    L = len(weights)
    gw = [None] * L
    gb = [None] * L
    delta = (acts[-1] - y) / n
    gw[-1] = acts[-2].T @ delta
    gb[-1] = delta.sum(axis=0)
    for i in range(L - 2, -1, -1):
        delta = (delta @ weights[i + 1].T) * (acts[i + 1] > 0)
        gw[i] = acts[i].T @ delta + lam * weights[i]
        gb[i] = delta.sum(axis=0)
    return gw, gb


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--lr", type=float, default=0.2)
    ap.add_argument("--lam", type=float, default=0.01)
    ap.add_argument("--batch", type=int, default=100)
    ap.add_argument("--seed", type=int, default=0)
    args = ap.parse_args()

    rng = np.random.default_rng(args.seed)
    d = load_digits()
    x = d.data / 16.0
    y = one_hot(d.target)
    x_train, y_train = x[:1500], y[:1500]
    x_test, y_test = x[1500:], y[1500:]

    weights, biases = initialize([64, 50, 30, 10], rng)

    for ep in range(args.epochs):
        perm = rng.permutation(len(x_train))
        tot, nb = 0.0, 0
        for s in range(0, len(perm), args.batch):
            sel = perm[s:s + args.batch]
            acts = forward(x_train[sel], weights, biases)
            tot += loss_fn(acts[-1], y_train[sel], weights, args.lam)
            nb += 1
            gw, gb = gradients(acts, y_train[sel], weights, args.lam)
            for i in range(len(weights)):
                weights[i] -= args.lr * gw[i]
                biases[i] -= args.lr * gb[i]
        test = forward(x_test, weights, biases)[-1]
        acc = np.mean(test.argmax(1) == y_test.argmax(1))
        print(f"epoch {ep + 1:3d}  loss {tot / nb:.4f}  test acc {acc:.4f}")


if __name__ == "__main__":
    main()
