"""House prices from a csv: columns area, rooms, age, distance, price."""
import csv
import sys

import numpy as np


def read_csv(path):
    rows = []
    with open(path) as f:
        reader = csv.reader(f)
        next(reader)
        for line in reader:
            rows.append([float(v) for v in line])
    table = np.array(rows)
    return table[:, :-1], table[:, -1:]


def standardize(a):
    mu, sd = a.mean(axis=0), a.std(axis=0)
    return (a - mu) / sd, mu, sd


def predict(X, w):
    z1 = X @ w["W1"] + w["b1"]
    h1 = np.maximum(z1, 0.0)
    return h1 @ w["W2"] + w["b2"], z1, h1


def mse(pred, y):
    return np.mean((pred - y) ** 2)


def backprop(X, y, w):
    pred, z1, h1 = predict(X, w)
    n = y.shape[0]
    dpred = 2.0 * (pred - y) / n
    g = {}
    g["W2"] = h1.T @ dpred
    g["b2"] = dpred.sum(axis=0)
    dz1 = dpred @ w["W2"].T
    dz1[z1 <= 0] = 0.0
    g["W1"] = X.T @ dz1
    g["b1"] = dz1.sum()
    return mse(pred, y), g


def main(path="data/housing.csv"):
    X, y = read_csv(path)
    X, _, _ = standardize(X)
    y, y_mu, y_sd = standardize(y)
    split = int(0.8 * len(X))

    rng = np.random.default_rng(0)
    hidden = 12
    w = {
        "W1": rng.normal(0, np.sqrt(2 / X.shape[1]), (X.shape[1], hidden)),
        "b1": np.zeros(hidden),
        "W2": rng.normal(0, np.sqrt(2 / hidden), (hidden, 1)),
        "b2": np.zeros(1),
    }

    lr = 0.02
    for step in range(1000):
        loss, grads = backprop(X[:split], y[:split], w)
        for name in w:
            w[name] -= lr * grads[name]
        if step % 100 == 0:
            test_loss = mse(predict(X[split:], w)[0], y[split:])
            print(f"{step:5d} train {loss:.4f} test {test_loss:.4f}")

    pred = predict(X[split:], w)[0] * y_sd + y_mu
    real = y[split:] * y_sd + y_mu
    print("mean absolute error:", np.abs(pred - real).mean())


if __name__ == "__main__":
    main(*sys.argv[1:])
