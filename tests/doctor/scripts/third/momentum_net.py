import numpy as np
from sklearn.datasets import load_wine

class MomentumNet:
    """2 layer classifier trained with SGD + momentum"""

    def __init__(self, d, h, k, lr=0.05, beta=0.9):
        r = np.random.RandomState(10)
        self.W1 = r.randn(d, h) / np.sqrt(d)
        self.b1 = np.zeros(h)
        self.W2 = r.randn(h, k) / np.sqrt(h)
        self.b2 = np.zeros(k)
        self.lr = lr
        self.beta = beta
        self.vW1 = np.zeros_like(self.W1)
        self.vb1 = np.zeros_like(self.b1)
        self.vW2 = np.zeros_like(self.W2)
        self.vb2 = np.zeros_like(self.b2)

    def forward(self, X):
        z1 = X @ self.W1 + self.b1
        a1 = np.where(z1 > 0, z1, 0.01 * z1)     # leaky relu
        z2 = a1 @ self.W2 + self.b2
        z2 = z2 - z2.max(axis=1, keepdims=True)
        p = np.exp(z2)
        p = p / p.sum(axis=1, keepdims=True)
        self.cache = (X, z1, a1, p)
        return p

    def loss(self, p, y):
        return -np.mean(np.log(p[np.arange(len(y)), y]))

    def backward(self, y):
        X, z1, a1, p = self.cache
        n = X.shape[0]
        dz2 = p.copy()
        dz2[np.arange(n), y] -= 1
        dz2 /= n
        dW2 = a1.T @ dz2
        db2 = dz2.sum(0)
        da1 = dz2 @ self.W2.T
        dz1 = da1 * np.where(z1 > 0, 1.0, 0.01)
        dW1 = X.T @ dz1
        db1 = dz1.sum(0)
        return dW1, db1, dW2, db2

    def step(self, grads):
        dW1, db1, dW2, db2 = grads
        self.vW1 = self.beta * self.vW1 + dW1
        self.vb1 = self.beta * self.vb1 + db1
        self.vW2 = self.beta * dW2 + dW2
        self.vb2 = self.beta * self.vb2 + db2

        self.W1 -= self.lr * self.vW1
        self.b1 -= self.lr * self.vb1
        self.W2 -= self.lr * self.vW2
        self.b2 -= self.lr * self.vb2

    def fit(self, X, y, epochs=40, batch_size=16):
        n = len(X)
        for e in range(epochs):
            idx = np.random.permutation(n)
            total = 0
            for i in range(0, n, batch_size):
                j = idx[i:i+batch_size]
                p = self.forward(X[j])
                total += self.loss(p, y[j]) * len(j)
                self.step(self.backward(y[j]))
            if e % 5 == 0:
                print("epoch", e, "loss", total / n)

    def score(self, X, y):
        return (self.forward(X).argmax(1) == y).mean()


np.random.seed(0)
data = load_wine()
X, y = data.data, data.target
X = (X - X.mean(0)) / X.std(0)
perm = np.random.permutation(len(X))
X, y = X[perm], y[perm]

net = MomentumNet(13, 16, 3)
net.fit(X[:140], y[:140])
print("train", net.score(X[:140], y[:140]))
print("test ", net.score(X[140:], y[140:]))
