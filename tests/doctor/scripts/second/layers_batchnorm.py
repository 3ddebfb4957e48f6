import numpy as np


class Layer:
    def forward(self, x, training=True):
        raise NotImplementedError

    def backward(self, grad):
        raise NotImplementedError

    def params_and_grads(self):
        return []


class Dense(Layer):
    def __init__(self, n_in, n_out, rng):
        self.W = rng.standard_normal((n_in, n_out)) * np.sqrt(2.0 / n_in)
        self.b = np.zeros(n_out)

    def forward(self, x, training=True):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T

    def params_and_grads(self):
        return [(self.W, self.dW), (self.b, self.db)]


class ReLU(Layer):
    def forward(self, x, training=True):
        self.mask = x > 0
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask


class BatchNorm(Layer):
    def __init__(self, n, momentum=0.9, eps=1e-5):
        self.gamma = np.ones(n)
        self.beta = np.zeros(n)
        self.momentum = momentum
        self.eps = eps
        self.run_mean = np.zeros(n)
        self.run_var = np.ones(n)

    def forward(self, x, training=True):
        if training:
            mu = x.mean(axis=0)
            var = x.var(axis=0)
            self.run_mean = self.momentum * self.run_mean + (1 - self.momentum) * mu
            self.run_var = self.momentum * self.run_var + (1 - self.momentum) * var
        else:
            mu, var = self.run_mean, self.run_var
        self.inv_std = 1.0 / np.sqrt(var + self.eps)
        self.xhat = (x - mu) * self.inv_std
        return self.gamma * self.xhat + self.beta

    def backward(self, grad):
        m = grad.shape[0]
        self.dgamma = np.sum(grad * self.xhat, axis=0)
        self.dbeta = np.sum(grad, axis=0)
        dxhat = grad * self.gamma
        return self.inv_std / m * (m * dxhat - dxhat.sum(axis=0)
                                   - self.xhat * np.sum(dxhat * self.xhat, axis=0))

    def params_and_grads(self):
        return [(self.gamma, self.dgamma), (self.beta, self.dbeta)]


class SoftmaxCrossEntropy:
    def loss(self, logits, labels):
        z = logits - logits.max(axis=1, keepdims=True)
        e = np.exp(z)
        self.p = e / e.sum(axis=1, keepdims=True)
        self.labels = labels
        return -np.mean(np.log(self.p[np.arange(len(labels)), labels] + 1e-12))

    def grad(self):
        g = self.p.copy()
        g[np.arange(len(self.labels)), self.labels] -= 1
        return g / len(self.labels)


class Model:
    def __init__(self, layers):
        self.layers = layers
        self.criterion = SoftmaxCrossEntropy()

    def forward(self, x, training=True):
        for l in self.layers:
            x = l.forward(x, training)
        return x

    def train_step(self, x, y, lr):
        loss = self.criterion.loss(self.forward(x), y)
        g = self.criterion.grad()
        for l in reversed(self.layers):
            g = l.backward(g)
        for l in self.layers:
            for p, dp in l.params_and_grads():
                p -= lr * dp
        return loss


if __name__ == "__main__":
    rng = np.random.default_rng(3)
    X = rng.standard_normal((400, 4))
    Y = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 0.8).astype(int)
    model = Model([Dense(4, 24, rng), BatchNorm(24), ReLU(), Dense(24, 3, rng)])
    for epoch in range(60):
        perm = rng.permutation(len(X))
        tot = 0
        for s in range(0, len(X), 50):
            idx = perm[s:s + 50]
            tot += model.train_step(X[idx], Y[idx], 0.2)
        if epoch % 15 == 0:
            acc = (model.forward(X, training=False).argmax(1) == Y).mean()
            print(f"epoch {epoch:3d}  loss {tot / 8:.4f}  acc {acc:.3f}")
    print("final acc", (model.forward(X, training=False).argmax(1) == Y).mean())
