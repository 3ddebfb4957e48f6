"""A mini deep learning framework, in the spirit of torch.nn"""
import numpy as np


class Module:
    def parameters(self):
        return []

    def __call__(self, x):
        return self.forward(x)


class Linear(Module):
    def __init__(self, fan_in, fan_out, rng):
        limit = np.sqrt(6 / (fan_in + fan_out))
        self.weight = rng.uniform(-limit, limit, (fan_in, fan_out))
        self.bias = np.zeros((1, fan_out))
        self.grad_weight = None
        self.grad_bias = None

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, grad_out):
        self.grad_weight = self.x.T @ grad_out
        self.grad_bias = grad_out.sum(axis=0, keepdims=True)
        return grad_out @ self.weight.T

    def parameters(self):
        return [(self.weight, self.grad_weight), (self.bias, self.grad_bias)]


class Tanh(Module):
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, grad_out):
        return grad_out * (1 - self.out ** 2)


class MSELoss:
    def forward(self, pred, target):
        self.diff = pred - target
        return np.mean(self.diff ** 2)

    def backward(self):
        return 2 * self.diff / self.diff.size


class Model(Module):
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, grad):
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)
        return grad


class SGD:
    def __init__(self, model, lr):
        self.model = model
        self.lr = lr

    def step(self):
        for layer in self.model.layers:
            for p, g in layer.parameters():
                p -= self.lr * g


def main():
    rng = np.random.default_rng(123)
    x = rng.uniform(-1, 1, (200, 2))
    y = np.column_stack([np.sin(3 * x[:, 0]) * x[:, 1], x[:, 0] ** 2 - x[:, 1]])

    act = Tanh()
    model = Model(
        Linear(2, 20, rng), act,
        Linear(20, 20, rng), act,
        Linear(20, 2, rng),
    )
    loss_fn = MSELoss()
    opt = SGD(model, lr=0.1)

    for it in range(2000):
        pred = model(x)
        loss = loss_fn.forward(pred, y)
        model.backward(loss_fn.backward())
        opt.step()
        if it % 250 == 0:
            print("iter", it, "loss", loss)
    print("final", loss_fn.forward(model(x), y))


if __name__ == "__main__":
    main()
