# mnist with numpy only (keras just for the download)
import numpy as np
from keras.datasets import mnist

(train_X, train_y), (test_X, test_y) = mnist.load_data()

# flatten + normalise, samples in COLUMNS
train_X = train_X.reshape(train_X.shape[0], -1).T / 255
test_X = test_X.reshape(test_X.shape[0], -1).T / 255


def one_hot(y):
    m = np.zeros((10, len(y)))
    m[y, range(len(y))] = 1
    return m


def swish_less_relu(z):        # plain relu, i tried swish but it was slow
    return z * (z > 0)


class RMSProp:
    def __init__(self, lr=1e-3, rho=0.9, eps=1e-7):
        self.lr, self.rho, self.eps = lr, rho, eps
        self.cache = {}

    def apply(self, weights, grads):
        for k in weights:
            if k not in self.cache:
                self.cache[k] = np.zeros_like(weights[k])
            self.cache[k] = self.rho * self.cache[k] + (1 - self.rho) * grads[k] ** 2
            weights[k] -= self.lr * grads[k] / (np.sqrt(self.cache[k]) + self.eps)


weights = {
    "W1": np.random.randn(128, 784) * np.sqrt(2 / 784),
    "b1": np.zeros((128, 1)),
    "W2": np.random.randn(64, 128) * np.sqrt(2 / 128),
    "b2": np.zeros((64, 1)),
    "W3": np.random.randn(10, 64) * np.sqrt(1 / 64),
    "b3": np.zeros((10, 1)),
}


def forward(x, w):
    z1 = w["W1"] @ x + w["b1"]
    h1 = swish_less_relu(z1)
    z2 = w["W2"] @ h1 + w["b2"]
    h2 = swish_less_relu(z2)
    z3 = w["W3"] @ h2 + w["b3"]
    z3 = z3 - z3.max(axis=0, keepdims=True)
    p = np.exp(z3)
    p /= p.sum(axis=0, keepdims=True)
    return h1, h2, p


def backward(x, y, w, h1, h2, p):
    m = x.shape[1]
    g = {}
    d3 = p - y
    g["W3"] = d3 @ h2.T / m
    g["b3"] = d3.mean(axis=1, keepdims=True)
    d2 = w["W3"].T @ d3 * (h2 > 0)
    g["W2"] = d2 @ h1.T / m
    g["b2"] = d2.mean(axis=1, keepdims=True)
    d1 = w["W2"].T @ d2 * (h1 > 0)
    g["W1"] = d1 @ x.T / m
    g["b1"] = d1.mean(axis=1, keepdims=True)
    return g


opt = RMSProp()
Y = one_hot(train_y)
for epoch in range(5):
    order = np.random.permutation(train_X.shape[1])
    running = []
    for s in range(0, len(order), 64):
        cols = order[s:s + 64]
        xb, yb = train_X[:, cols], Y[:, cols]
        h1, h2, p = forward(xb, weights)
        running.append(-np.log(p[yb == 1] + 1e-9).mean())
        opt.apply(weights, backward(xb, yb, weights, h1, h2, p))
    test_acc = (forward(test_X, weights)[2].argmax(axis=0) == test_y).mean()
    print(f"epoch {epoch}: loss {np.mean(running):.4f}, test acc {test_acc:.4f}")
