import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

rng = np.random.default_rng(7)


class Dense:
    def __init__(self, n_in, n_out):
        self.W = rng.normal(0, np.sqrt(2.0 / n_in), size=(n_in, n_out))
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T

    def step(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, 0.0)

    def backward(self, grad):
        return grad * self.mask

    def step(self, lr):
        pass


class SoftmaxCrossEntropy:
    def forward(self, logits, labels):
        z = logits - logits.max(axis=1, keepdims=True)
        e = np.exp(z)
        self.p = e / e.sum(axis=1, keepdims=True)
        self.labels = labels
        n = len(labels)
        return -np.log(self.p[np.arange(n), labels] + 1e-12).mean()

    def backward(self):
        n = len(self.labels)
        g = self.p.copy()
        g[np.arange(n), self.labels] -= 1
        return g / n


def fake_digits(n_per_class=30):
    """5x5 'digits': a random prototype for each class + noise."""
    protos = (rng.random((10, 25)) > 0.5).astype(float)
    X = np.repeat(protos, n_per_class, axis=0)
    X = X + 0.35 * rng.standard_normal(X.shape)
    y = np.repeat(np.arange(10), n_per_class)
    return X, y


class Sequential:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for l in self.layers:
            x = l.forward(x)
        return x

    def backward(self, g):
        for l in reversed(self.layers):
            g = l.backward(g)

    def step(self, lr):
        for l in self.layers:
            l.step(lr)


X, y = fake_digits()
net = Sequential([Dense(25, 32), ReLU(), Dense(32, 24), ReLU(), Dense(24, 10)])
criterion = SoftmaxCrossEntropy()
losses = []

for epoch in range(40):
    order = rng.permutation(len(X))
    total = 0
    for s in range(0, len(X), 20):
        idx = order[s:s + 20]
        out = net.forward(X[idx])
        total += criterion.forward(out, y[idx])
        net.backward(criterion.backward())
        net.step(0.1)
    losses.append(total / (len(X) / 20))
    if epoch % 10 == 0:
        print(f"epoch {epoch:3d}  loss {losses[-1]:.4f}")

acc = (net.forward(X).argmax(1) == y).mean()
print("train accuracy", acc)
plt.plot(losses)
plt.xlabel("epoch")
plt.ylabel("loss")
