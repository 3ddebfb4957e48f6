import numpy as np
from numpy import exp, log, dot, zeros, zeros_like
from sklearn.datasets import make_circles

np.random.seed(3)

# network: 2 -> 9 (tanh) -> 9 (tanh) -> 1 (sigmoid); all weights are module globals
W = [np.random.randn(2, 9) * .7, np.random.randn(9, 9) * .35, np.random.randn(9, 1) * .35]
B = [zeros(9), zeros(9), zeros(1)]
vel_W = [zeros_like(w) for w in W]
vel_B = [zeros_like(b) for b in B]
acts = [None] * 4
dW = [None] * 3
dB = [None] * 3
eta, mu = 0.1, 0.9


def feed(x):
    acts[0] = x
    acts[1] = np.tanh(dot(acts[0], W[0]) + B[0])
    acts[2] = np.tanh(dot(acts[1], W[1]) + B[1])
    acts[3] = 1 / (1 + exp(-(dot(acts[2], W[2]) + B[2])))
    return acts[3]


def bce(y):
    p = acts[3]
    return -(y * log(p) + (1 - y) * log(1 - p)).mean()


def back(y):
    m = y.shape[0]
    err = (acts[3] - y) / m
    i = 2
    while i >= 0:
        dW[i] = dot(acts[i].T, err)
        dB[i] = err.sum(axis=0)
        err = dot(err, W[i].T)
        if i > 0:
            err = err * (1 - acts[i] * acts[i])
        i -= 1


def learn():
    for i in range(3):
        vel_W[i] = mu * vel_W[i] + (1 - mu) * dW[i]
        vel_B[i] = mu * vel_B[i] + (1 - mu) * dB[i]
        W[i] -= eta * vel_W[i]
        B[i] -= eta * vel_B[i]


X, y = make_circles(300, noise=.1, factor=.5, random_state=3)
y = y.reshape(300, 1)

epoch = 0
while epoch < 800:
    feed(X)
    if epoch % 100 == 0:
        print("%5d  %.5f" % (epoch, bce(y)))
    back(y)
    learn()
    epoch += 1

print("acc:", ((feed(X) > .5) == y).mean())
