import numpy as np
import random


class CrossEntropyCost:
    @staticmethod
    def fn(a, y):
        return np.sum(np.nan_to_num(-y * np.log(a) - (1 - y) * np.log(1 - a)))

    @staticmethod
    def delta(a, y):
        return a - y


class FeedForward:
    def __init__(self, sizes, cost=CrossEntropyCost):
        self.L = len(sizes)
        self.cost = cost
        self.w = [np.random.normal(0, 1 / np.sqrt(a), (b, a)) for a, b in zip(sizes, sizes[1:])]
        self.b = [np.zeros((b, 1)) for b in sizes[1:]]

    def run(self, x):
        for w, b in zip(self.w, self.b):
            x = sigma(w @ x + b)
        return x

    def gradient(self, x, y):
        acts = [x]
        for w, b in zip(self.w, self.b):
            acts.append(sigma(w @ acts[-1] + b))
        grad_w = [None] * (self.L - 1)
        grad_b = [None] * (self.L - 1)
        delta = self.cost.delta(acts[-1], y)
        for k in range(self.L - 2, -1, -1):
            grad_b[k] = delta
            grad_w[k] = delta @ acts[k].T
            if k > 0:
                delta = (self.w[k].T @ delta) * acts[k] * (1 - acts[k])
        return grad_w, grad_b

    def train_batch(self, batch, eta):
        sum_w = [np.zeros_like(w) for w in self.w]
        sum_b = [np.zeros_like(b) for b in self.b]
        for x, y in batch:
            gw, gb = self.gradient(x, y)
            sum_w = [g for s, g in zip(sum_w, gw)]
            sum_b = [s + g for s, g in zip(sum_b, gb)]
        n = len(batch)
        self.w = [w - eta * s / n for w, s in zip(self.w, sum_w)]
        self.b = [b - eta * s / n for b, s in zip(self.b, sum_b)]

    def train(self, data, epochs, batch_size, eta):
        for epoch in range(epochs):
            random.shuffle(data)
            for i in range(0, len(data), batch_size):
                self.train_batch(data[i:i + batch_size], eta)
            if epoch % 10 == 0:
                c = sum(self.cost.fn(self.run(x), y) for x, y in data) / len(data)
                print("epoch", epoch, "cost", c)


def sigma(z):
    return 1 / (1 + np.exp(-z))


def load_fake():
    data = []
    for i in range(120):
        k = i % 3
        ang = 2 * np.pi * k / 3
        p = np.array([[2 * np.cos(ang)], [2 * np.sin(ang)]]) + 0.6 * np.random.randn(2, 1)
        t = np.zeros((3, 1))
        t[k, 0] = 1
        data.append((p, t))
    return data


def main():
    np.random.seed(1)
    random.seed(1)
    data = load_fake()
    net = FeedForward([2, 7, 3])
    net.train(data, 50, 8, 0.5)
    ok = sum(np.argmax(net.run(x)) == np.argmax(y) for x, y in data)
    print(ok, "of", len(data), "right")


if __name__ == "__main__":
    main()
