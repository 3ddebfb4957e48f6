import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt


class NeuralRegressor:
    """Two hidden ELU layers, linear output, MSE, trained with RMSprop."""

    def __init__(self, sizes=(2, 16, 16, 2), lr=0.005, rho=0.9, eps=1e-8, seed=0):
        rs = np.random.RandomState(seed)
        self.params = {}
        self.L = len(sizes) - 1
        for i in range(1, self.L + 1):
            self.params["W%d" % i] = rs.normal(0, np.sqrt(1.0 / sizes[i - 1]), (sizes[i - 1], sizes[i]))
            self.params["b%d" % i] = np.zeros(sizes[i])
        self.sq = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.lr, self.rho, self.eps = lr, rho, eps

    @staticmethod
    def elu(z, alpha=1.0):
        return np.where(z > 0, z, alpha * (np.exp(np.minimum(z, 0)) - 1))

    @staticmethod
    def elu_grad(z, alpha=1.0):
        return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))

    def forward(self, X):
        self.a = [X]
        self.z = []
        for i in range(1, self.L + 1):
            z = self.a[-1].dot(self.params["W%d" % i]) + self.params["b%d" % i]
            self.z.append(z)
            self.a.append(z if i == self.L else self.elu(z))
        return self.a[-1]

    def loss(self, X, T):
        return np.mean((self.forward(X) - T) ** 2)

    def gradients(self, T):
        out = self.a[-1]
        delta = 2 * (out - T) / out.size
        grads = {}
        for i in range(self.L, 0, -1):
            grads["W%d" % i] = self.a[i - 1].T.dot(delta)
            grads["b%d" % i] = delta.sum(axis=0)
            if i > 1:
                delta = delta.dot(self.params["W%d" % i].T) * self.elu_grad(self.z[i - 2])
        return grads

    def step(self, grads):
        for k in self.params:
            self.sq[k] = self.rho * self.sq[k] + (1 - self.rho) * grads[k] ** 2
            self.params[k] -= self.lr * grads[k] / (np.sqrt(self.sq[k]) + self.eps)

    def fit(self, X, T, epochs=200, batch=32, seed=1):
        rs = np.random.RandomState(seed)
        curve = []
        for e in range(epochs):
            order = rs.permutation(len(X))
            for s in range(0, len(X), batch):
                rows = order[s:s + batch]
                self.forward(X[rows])
                self.step(self.gradients(T[rows]))
            curve.append(self.loss(X, T))
            if e % 40 == 0:
                print("epoch %4d   mse %.5f" % (e, curve[-1]))
        return curve


if __name__ == "__main__":
    rs = np.random.RandomState(42)
    X = rs.uniform(-2, 2, (256, 2))
    T = np.c_[np.sin(X[:, 0]) * X[:, 1], X[:, 0] ** 2 - X[:, 1]]
    net = NeuralRegressor()
    curve = net.fit(X, T)
    print("final mse", net.loss(X, T))
    plt.semilogy(curve)
    plt.xlabel("epoch")
    plt.ylabel("mse")
    plt.title("RMSprop")
    plt.close()
