import numpy as np
import matplotlib.pyplot as plt

# ------------------------------------------------------------------
# House price regression, Huber loss because there are outliers
# ------------------------------------------------------------------

def lrelu(x):
    return np.where(x > 0, x, 0.01 * x)

def lrelu_grad(x):
    g = np.ones_like(x)
    g[x <= 0] = 0.1
    return g

def huber(err, delta=1.0):
    a = np.abs(err)
    return np.mean(np.where(a <= delta, 0.5 * err ** 2, delta * (a - 0.5 * delta)))

def huber_grad(err, delta=1.0):
    return np.where(np.abs(err) <= delta, err, delta * np.sign(err)) / err.size

def make_houses(n):
    area = np.random.uniform(40, 250, n)
    rooms = np.round(area / 30 + np.random.randn(n))
    age = np.random.uniform(0, 80, n)
    price = 2.0 * area + 8 * rooms - 0.9 * age + 30 * np.sin(area / 30) + 15 * np.random.randn(n)
    bad = np.random.rand(n) < 0.04
    price[bad] *= 4
    return np.stack([area, rooms, age], axis=1), price[:, None]

class Regressor:
    def __init__(self, sizes):
        self.Ws = []
        self.bs = []
        for i in range(len(sizes) - 1):
            self.Ws.append(np.random.randn(sizes[i], sizes[i+1]) * np.sqrt(2 / sizes[i]))
            self.bs.append(np.zeros(sizes[i+1]))

    def forward(self, X):
        self.zs = []
        self.acts = [X]
        a = X
        for i in range(len(self.Ws)):
            z = a @ self.Ws[i] + self.bs[i]
            self.zs.append(z)
            # no activation on last layer
            a = z if i == len(self.Ws) - 1 else lrelu(z)
            self.acts.append(a)
        return a

    def backward(self, grad):
        dWs = [None] * len(self.Ws)
        dbs = [None] * len(self.Ws)
        for i in range(len(self.Ws) - 1, -1, -1):
            if i != len(self.Ws) - 1:
                grad = grad * lrelu_grad(self.zs[i])
            dWs[i] = self.acts[i].T @ grad
            dbs[i] = grad.sum(axis=0)
            grad = grad @ self.Ws[i].T
        return dWs, dbs

    def update(self, dWs, dbs, lr):
        for i in range(len(self.Ws)):
            self.Ws[i] = self.Ws[i] - lr * dWs[i]
            self.bs[i] = self.bs[i] - lr * dbs[i]

np.random.seed(21)
X, y = make_houses(400)
X = (X - X.mean(0)) / X.std(0)
y = (y - np.median(y)) / y.std()

model = Regressor([3, 16, 16, 1])
hist = []
for step in range(1500):
    pred = model.forward(X)
    err = pred - y
    hist.append(huber(err))
    dWs, dbs = model.backward(huber_grad(err))
    model.update(dWs, dbs, lr=0.1)
    if step % 250 == 0:
        print('step', step, 'huber', hist[-1])

plt.plot(hist)
plt.xlabel('step')
plt.ylabel('huber loss')
plt.show()
