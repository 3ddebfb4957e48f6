"""Fit y = sin(x) with a small deep net, gradient descent + momentum."""
import numpy as np
import matplotlib.pyplot as plt


def init(sizes, rng):
    Ws = [rng.standard_normal((sizes[i], sizes[i + 1])) / np.sqrt(sizes[i]) for i in range(len(sizes) - 1)]
    bs = [np.zeros(s) for s in sizes[1:]]
    return Ws, bs


def forward(x, Ws, bs):
    acts = [x]
    for i, (W, b) in enumerate(zip(Ws, bs)):
        z = acts[-1] @ W + b
        if i < len(Ws) - 1:
            z = np.tanh(z)
        acts.append(z)
    return acts


def half_mse(pred, target):
    return 0.5 * np.mean((pred - target) ** 2)


def backward(acts, target, Ws):
    n = target.shape[0]
    delta = (acts[-1] - target) / n
    gW, gb = [], []
    for i in range(len(Ws) - 1, -1, -1):
        gW.insert(0, acts[i].T @ delta)
        gb.insert(0, delta.sum(axis=0))
        if i > 0:
            delta = (delta @ Ws[i].T) * (1 - acts[i] ** 2)
    return gW, gb


def train(x, t, sizes=(1, 16, 16, 1), lr=0.05, mu=0.9, steps=3000, seed=0):
    rng = np.random.default_rng(seed)
    Ws, bs = init(sizes, rng)
    vW = [np.zeros_like(W) for W in Ws]
    vb = [np.zeros_like(b) for b in bs]
    curve = []
    for step in range(steps):
        acts = forward(x, Ws, bs)
        curve.append(half_mse(acts[-1], t))
        gW, gb = backward(acts, t, Ws)
        for i in range(len(Ws)):
            vW[i] = mu * vW[i] - lr * gW[i]
            vb[i] = mu * vb[i] - lr * gb[i]
            Ws[i] = Ws[i] + vW[i]
            bs[i] = bs[i] + vb[i]
        if step % 500 == 0:
            print(step, curve[-1])
    return Ws, bs, curve


if __name__ == "__main__":
    x = np.linspace(-np.pi, np.pi, 100).reshape(-1, 1)
    t = np.sin(x)
    Ws, bs, curve = train(x, t)
    fit = forward(x, Ws, bs)[-1]
    print("final loss", curve[-1])
    plt.plot(x, t, label="sin")
    plt.plot(x, fit, "--", label="net")
    plt.legend()
    plt.show()
