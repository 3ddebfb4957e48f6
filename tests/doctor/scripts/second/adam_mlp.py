import numpy as np
from collections import OrderedDict


class Adam:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.m = None
        self.v = None
        self.t = 0

    def update(self, params, grads):
        if self.m is None:
            self.m = {k: np.zeros_like(p) for k, p in params.items()}
            self.v = {k: np.zeros_like(p) for k, p in params.items()}
        self.t += 1
        for k in params:
            g = grads[k]
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * g
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * g * g
            m_hat = self.m[k] / (1 - self.beta1 ** self.t)
            v_hat = self.v[k] / (1 - self.beta2 ** self.t)
            params[k] -= self.lr * m_hat / (v_hat + self.eps)


class MLP:
    def __init__(self, n_in, n_hidden, n_out, seed=0):
        rng = np.random.default_rng(seed)
        self.params = OrderedDict(
            W1=rng.normal(0, 1 / np.sqrt(n_in), (n_in, n_hidden)),
            b1=np.zeros(n_hidden),
            W2=rng.normal(0, 1 / np.sqrt(n_hidden), (n_hidden, n_out)),
            b2=np.zeros(n_out),
        )

    def forward(self, x):
        p = self.params
        self.x = x
        self.h = np.tanh(x @ p["W1"] + p["b1"])
        s = self.h @ p["W2"] + p["b2"]
        s = s - s.max(axis=1, keepdims=True)
        self.log_probs = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
        return self.log_probs

    def nll(self, y):
        return -self.log_probs[np.arange(len(y)), y].mean()

    def backward(self, y):
        n = len(y)
        ds = np.exp(self.log_probs)
        ds[np.arange(n), y] -= 1
        ds /= n
        dh = ds @ self.params["W2"].T
        dz = dh * (1 - self.h ** 2)
        return {
            "W2": self.h.T @ ds,
            "b2": ds.sum(axis=0),
            "W1": self.x.T @ dz,
            "b1": dz.sum(axis=0),
        }


def main():
    rng = np.random.default_rng(5)
    n = 300
    X = rng.uniform(-1, 1, (n, 2))
    y = (X[:, 0] > 0).astype(int) * 2 + (X[:, 1] > 0).astype(int)   # quadrants
    net = MLP(2, 20, 4)
    opt = Adam(lr=0.0001)
    batch_size = 30
    for epoch in range(1, 101):
        perm = rng.permutation(n)
        losses = []
        for i in range(0, n, batch_size):
            idx = perm[i:i + batch_size]
            net.forward(X[idx])
            losses.append(net.nll(y[idx]))
            opt.update(net.params, net.backward(y[idx]))
        if epoch % 20 == 0:
            acc = (net.forward(X).argmax(axis=1) == y).mean()
            print(f"[{epoch:03d}] loss={np.mean(losses):.4f} acc={acc:.3f}")


if __name__ == "__main__":
    main()
