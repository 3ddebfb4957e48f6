# Regression: price of a house from its features. ReLU hidden layers, squared error.
import numpy as np
from dataclasses import dataclass, field
from typing import List, Tuple


@dataclass
class Layer:
    W: np.ndarray
    b: np.ndarray
    relu: bool = True
    x: np.ndarray = field(default=None, repr=False)
    z: np.ndarray = field(default=None, repr=False)
    dW: np.ndarray = field(default=None, repr=False)
    db: np.ndarray = field(default=None, repr=False)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        self.z = x @ self.W + self.b
        return np.maximum(self.z, 0) if self.relu else self.z

    def backward(self, grad: np.ndarray) -> np.ndarray:
        n = self.x.shape[0]
        if self.relu:
            grad = grad * (self.z > 0)
        self.dW = self.x.T @ grad / n
        self.db = grad.mean(axis=0)
        return grad @ self.W.T


@dataclass
class Model:
    layers: List[Layer]
    lr: float = 0.1

    def predict(self, x: np.ndarray) -> np.ndarray:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def fit_step(self, x: np.ndarray, y: np.ndarray) -> float:
        out = self.predict(x)
        loss = float(np.mean((out - y) ** 2))
        grad = 2 * (out - y) / len(x)
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        for layer in self.layers:
            layer.W -= self.lr * layer.dW
            layer.b -= self.lr * layer.db
        return loss


def make_layer(n_in: int, n_out: int, relu: bool, rng: np.random.Generator) -> Layer:
    return Layer(rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)), np.zeros(n_out), relu)


def make_houses(n: int, rng: np.random.Generator) -> Tuple[np.ndarray, np.ndarray]:
    size = rng.uniform(30, 200, n)
    rooms = np.round(size / 30 + rng.normal(0, 1, n))
    age = rng.uniform(0, 80, n)
    dist = rng.exponential(5, n)
    price = 3 * size + 10 * rooms - 0.8 * age - 6 * dist + rng.normal(0, 15, n)
    x = np.column_stack([size, rooms, age, dist])
    x = (x - x.mean(0)) / x.std(0)
    price = (price - price.mean()) / price.std()
    return x, price.reshape(-1, 1)


def main() -> None:
    rng = np.random.default_rng(2024)
    x, y = make_houses(300, rng)
    model = Model([make_layer(4, 16, True, rng), make_layer(16, 8, True, rng), make_layer(8, 1, False, rng)])
    for epoch in range(400):
        loss = model.fit_step(x, y)
        if epoch % 50 == 0:
            print(f"{epoch:4d} | loss {loss:.5f}")
    ss = np.mean((model.predict(x) - y) ** 2)
    print("R2 on the training data:", 1 - ss)


main()
