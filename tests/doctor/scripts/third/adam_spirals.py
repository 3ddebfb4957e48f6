# three spirals, two hidden layers, own Adam
import numpy as np


def spirals(n, k, noise, rng):
    X = np.zeros((n * k, 2))
    y = np.zeros(n * k, dtype=int)
    for c in range(k):
        r = np.linspace(0.0, 1, n)
        t = np.linspace(c * 4, (c + 1) * 4, n) + rng.randn(n) * noise
        X[c*n:(c+1)*n] = np.c_[r * np.sin(t), r * np.cos(t)]
        y[c*n:(c+1)*n] = c
    return X, y


class Adam:
    def __init__(self, params, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params = params
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = {k: np.zeros_like(v) for k, v in params.items()}
        self.v = {k: np.zeros_like(v) for k, v in params.items()}
        self.t = 0

    def step(self, grads):
        self.t += 1
        for k in self.params:
            g = grads[k]
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * g
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * g ** 2
            m_hat = self.m[k] / (1 - self.beta1 ** self.t)
            v_hat = self.v[k] / (1 - self.beta1 ** self.t)
            self.params[k] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


def elu(z):
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


def elu_grad(z):
    return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))


def forward(p, X):
    c = {}
    c["X"] = X
    c["z1"] = X @ p["W1"] + p["b1"]
    c["a1"] = elu(c["z1"])
    c["z2"] = c["a1"] @ p["W2"] + p["b2"]
    c["a2"] = elu(c["z2"])
    s = c["a2"] @ p["W3"] + p["b3"]
    s -= s.max(axis=1, keepdims=True)
    e = np.exp(s)
    c["probs"] = e / e.sum(axis=1, keepdims=True)
    return c


def backward(p, c, y):
    n = len(y)
    g = {}
    d = c["probs"].copy()
    d[range(n), y] -= 1
    d /= n
    g["W3"] = c["a2"].T @ d
    g["b3"] = d.sum(0)
    d = (d @ p["W3"].T) * elu_grad(c["z2"])
    g["W2"] = c["a1"].T @ d
    g["b2"] = d.sum(0)
    d = (d @ p["W2"].T) * elu_grad(c["z1"])
    g["W1"] = c["X"].T @ d
    g["b1"] = d.sum(0)
    return g


if __name__ == "__main__":
    rng = np.random.RandomState(8)
    X, y = spirals(100, 3, 0.2, rng)
    h = 32
    params = {
        "W1": rng.randn(2, h) * 0.5, "b1": np.zeros(h),
        "W2": rng.randn(h, h) * 0.2, "b2": np.zeros(h),
        "W3": rng.randn(h, 3) * 0.2, "b3": np.zeros(3),
    }
    opt = Adam(params, lr=0.01)
    for step in range(800):
        c = forward(params, X)
        loss = -np.log(c["probs"][range(len(y)), y]).mean()
        opt.step(backward(params, c, y))
        if step % 100 == 0:
            acc = (c["probs"].argmax(1) == y).mean()
            print(f"step {step}: loss={loss:.4f} acc={acc:.3f}")
