"""A tiny framework: layers with parameters, a Sequential container and an SGD optimizer."""
import numpy as np

np.random.seed(31)


class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)


class Linear:
    def __init__(self, fan_in, fan_out):
        self.w = Parameter(np.random.randn(fan_in, fan_out) / np.sqrt(fan_in))
        self.b = Parameter(np.zeros((1, fan_out)))

    def __call__(self, x):
        self.inp = x
        return x @ self.w.data + self.b.data

    def backward(self, dout):
        self.w.grad += self.inp.T @ dout
        self.b.grad += dout.sum(axis=0, keepdims=True)
        return dout @ self.w.data.T

    def parameters(self):
        return [self.w, self.b]


class Tanh:
    def __call__(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out ** 2)

    def parameters(self):
        return []


class Sigmoid:
    def __call__(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)

    def parameters(self):
        return []


class MSELoss:
    def __call__(self, pred, target):
        self.diff = pred - target
        return np.mean(self.diff ** 2)

    def backward(self):
        return 2 * self.diff / self.diff.size


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, dout):
        for layer in self.layers[::-1]:
            dout = layer.backward(dout)

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


class SGD:
    def __init__(self, params, lr):
        self.params = params
        self.lr = lr

    def step(self):
        for p in self.params:
            p.data -= self.lr * p.grad


if __name__ == "__main__":
    X = np.random.uniform(-2, 2, (256, 2))
    y = (np.abs(X[:, :1]) + np.abs(X[:, 1:]) < 1.5).astype(float)

    model = Sequential(Linear(2, 16), Tanh(), Linear(16, 1), Sigmoid())
    loss_fn = MSELoss()
    optim = SGD(model.parameters(), lr=0.05)

    for epoch in range(50):
        order = np.random.permutation(len(X))
        epoch_loss = 0
        for start in range(0, len(X), 32):
            sel = order[start:start + 32]
            pred = model(X[sel])
            epoch_loss += loss_fn(pred, y[sel])
            model.backward(loss_fn.backward())
            optim.step()
        if epoch % 10 == 0:
            acc = np.mean((model(X) > 0.5) == y)
            print("epoch {:3d} | loss {:.4f} | acc {:.3f}".format(epoch, epoch_loss / 8, acc))
    print("done, accuracy", np.mean((model(X) > 0.5) == y))
