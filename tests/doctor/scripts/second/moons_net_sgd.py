import random
import json
import numpy as np

# Same idea as the MNIST network from the book, but for the two-moons problem.
# Costs are classes so that I can swap them.


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1.0 - sigmoid(z))


class CrossEntropyCost(object):

    @staticmethod
    def fn(a, y):
        return np.sum(np.nan_to_num(-y * np.log(a) - (1 - y) * np.log(1 - a)))

    @staticmethod
    def delta(z, a, y):
        return a - y


class Net(object):
    def __init__(self, sizes, cost=CrossEntropyCost):
        self.sizes = sizes
        self.cost = cost
        self.b = [np.random.randn(n, 1) for n in sizes[1:]]
        self.w = [np.random.randn(n, k) / np.sqrt(k) for k, n in zip(sizes[:-1], sizes[1:])]

    def forward(self, x):
        for w, b in zip(self.w, self.b):
            x = sigmoid(w @ x + b)
        return x

    def backprop(self, x, y):
        grad_b = [np.zeros_like(b) for b in self.b]
        grad_w = [np.zeros_like(w) for w in self.w]
        acts = [x]
        zs = []
        for w, b in zip(self.w, self.b):
            zs.append(w @ acts[-1] + b)
            acts.append(sigmoid(zs[-1]))

        delta = self.cost.delta(zs[-1], acts[-1], y)
        grad_b[-1] = delta
        grad_w[-1] = delta @ acts[-2].T
        for l in range(2, len(self.sizes)):
            delta = (self.w[-l + 1].T @ delta) * sigmoid_prime(acts[-l])
            grad_b[-l] = delta
            grad_w[-l] = delta @ acts[-l - 1].T
        return grad_b, grad_w

    def train(self, data, epochs, batch_size, eta):
        history = []
        for e in range(epochs):
            random.shuffle(data)
            for k in range(0, len(data), batch_size):
                batch = data[k:k + batch_size]
                sum_b = [np.zeros_like(b) for b in self.b]
                sum_w = [np.zeros_like(w) for w in self.w]
                for x, y in batch:
                    gb, gw = self.backprop(x, y)
                    sum_b = [s + g for s, g in zip(sum_b, gb)]
                    sum_w = [s + g for s, g in zip(sum_w, gw)]
                self.w = [w - eta / len(batch) * g for w, g in zip(self.w, sum_w)]
                self.b = [b - eta / len(batch) * g for b, g in zip(self.b, sum_b)]
            c = sum(self.cost.fn(self.forward(x), y) for x, y in data) / len(data)
            history.append(float(c))
            if e % 10 == 0:
                print("epoch", e, "cost", round(c, 4), "acc", self.accuracy(data))
        return history

    def accuracy(self, data):
        return np.mean([(self.forward(x)[0, 0] > 0.5) == (y[0, 0] > 0.5) for x, y in data])

    def save(self, filename):
        with open(filename, "w") as f:
            json.dump({"sizes": self.sizes,
                       "weights": [w.tolist() for w in self.w],
                       "biases": [b.tolist() for b in self.b]}, f)


def two_moons(n, noise=0.15):
    t = np.pi * np.random.rand(n)
    up = np.c_[np.cos(t), np.sin(t)] + noise * np.random.randn(n, 2)
    t = np.pi * np.random.rand(n)
    down = np.c_[1 - np.cos(t), 0.5 - np.sin(t)] + noise * np.random.randn(n, 2)
    data = [(p.reshape(2, 1), np.array([[0.0]])) for p in up]
    data += [(p.reshape(2, 1), np.array([[1.0]])) for p in down]
    return data


if __name__ == '__main__':
    np.random.seed(7)
    random.seed(7)
    data = two_moons(80)
    net = Net([2, 10, 6, 1])
    net.train(data, 40, 8, 0.5)
