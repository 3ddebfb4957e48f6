# 8x8 digits with dropout, plain numpy
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

np.random.seed(3)
EPOCHS = 25
BATCH = 64
KEEP = 0.8
LR0 = 0.3
DECAY = 0.02


def one_hot(labels, k):
    out = np.zeros((labels.size, k))
    out[np.arange(labels.size), labels] = 1.0
    return out


def relu(z):
    return np.maximum(z, 0.0)


def softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def init(n_in, n_h, n_out):
    return [np.random.randn(n_in, n_h) * np.sqrt(2.0 / n_in), np.zeros((1, n_h)),
            np.random.randn(n_h, n_out) * np.sqrt(1.0 / n_h), np.zeros((1, n_out))]


def forward(params, x, train):
    W1, b1, W2, b2 = params
    z1 = x @ W1 + b1
    h = relu(z1)
    mask = None
    if train:
        mask = (np.random.rand(*h.shape) < KEEP) / KEEP
        h = h * mask
    p = softmax(h @ W2 + b2)
    return p, (x, z1, h, mask)


def cross_entropy(p, t):
    return -np.sum(t * np.log(p + 1e-12)) / len(t)


def backward(params, cache, p, t):
    W1, b1, W2, b2 = params
    x, z1, h, mask = cache
    d2 = (p - t) / len(t)
    gW2 = h.T @ d2
    gb2 = d2.sum(0, keepdims=True)
    dh = d2 @ W2.T
    dh *= mask
    d1 = dh * (z1 > 0)
    gW1 = x.T @ d1
    gb1 = d1.sum(0, keepdims=True)
    return gW1, gb1, gW2, gb2


def main():
    digits = load_digits()
    X = digits.data / 16.0
    X_train, X_test, y_train, y_test = train_test_split(X, digits.target, test_size=0.25, random_state=0)
    T = one_hot(y_train, 10)
    params = init(64, 48, 10)
    n = len(X_train)
    for epoch in range(EPOCHS):
        lr = LR0 / (1 + DECAY * epoch)
        idx = np.random.permutation(n)
        running = 0.0
        for start in range(0, n, BATCH):
            b = idx[start:start + BATCH]
            p, cache = forward(params, X_train[b], train=True)
            running += cross_entropy(p, T[b]) * len(b)
            grads = backward(params, cache, p, T[b])
            for w, g in zip(params, grads):
                w -= lr * g
        if epoch % 5 == 0 or epoch == EPOCHS - 1:
            p, _ = forward(params, X_test, train=False)
            print("epoch %2d  train loss %.4f  test acc %.3f"
                  % (epoch, running / n, np.mean(p.argmax(1) == y_test)))
    return params


if __name__ == "__main__":
    main()
