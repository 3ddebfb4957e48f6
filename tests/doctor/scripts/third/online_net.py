import numpy as np
import sys

# online learning: one sample at a time, outer products
# hidden layers are all the same width, see H

H = 12
rng = np.random.default_rng(21)


def f(z):
    return np.tanh(z)


def fprime_from_a(a):
    return 1.0 - a * a


class OnlineNet:
    def __init__(self, n_in, n_out, depth=3):
        self.Ws = [rng.normal(size=(H, n_in)) / np.sqrt(n_in)]
        for _ in range(depth - 1):
            self.Ws.append(rng.normal(size=(H, H)) / np.sqrt(H))
        self.Ws.append(rng.normal(size=(n_out, H)) / np.sqrt(H))
        self.bs = [np.zeros(W.shape[0]) for W in self.Ws]

    def forward(self, x):
        self.a = [x]
        for W, b in zip(self.Ws[:-1], self.bs[:-1]):
            self.a.append(f(W.dot(self.a[-1]) + b))
        z = self.Ws[-1].dot(self.a[-1]) + self.bs[-1]
        z = np.exp(z - z.max())
        self.a.append(z / z.sum())
        return self.a[-1]

    def train(self, x, t, lr):
        p = self.forward(x)
        loss = -np.log(p[t])
        delta = p.copy()
        delta[t] -= 1.0
        last = len(self.Ws) - 1
        gW = [0] * len(self.Ws)
        gb = [0] * len(self.Ws)
        gW[last] = np.outer(delta, self.a[last])
        gb[last] = delta
        # the output layer is not square so it is done apart
        delta = self.Ws[last].T.dot(delta) * fprime_from_a(self.a[last])
        for i in range(last - 1, -1, -1):
            gW[i] = np.outer(delta, self.a[i])
            gb[i] = delta
            if i > 0:
                delta = self.Ws[i].dot(delta) * fprime_from_a(self.a[i])
        for i in range(len(self.Ws)):
            self.Ws[i] -= lr * gW[i]
            self.bs[i] -= lr * gb[i]
        return loss


def blobs(n):
    centers = np.array([[0, 2.0, 1], [2, -1, 0], [-2, -1, -1], [1.5, 1.5, -2]])
    t = rng.integers(0, 4, n)
    return centers[t] + rng.normal(size=(n, 3)), t


X, T = blobs(400)
Xv, Tv = blobs(200)
net = OnlineNet(3, 4)
for ep in range(12):
    s = 0.0
    for k in rng.permutation(len(X)):
        s += net.train(X[k], T[k], 0.02)
    ok = sum(net.forward(x).argmax() == t for x, t in zip(Xv, Tv))
    sys.stdout.write("ep %d  loss %.4f  valid %.3f\n" % (ep, s / len(X), ok / len(Xv)))
