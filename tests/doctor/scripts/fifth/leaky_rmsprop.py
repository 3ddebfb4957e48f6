"""
nn.py - tiny framework: layers, losses and optimizers in one file
example at the bottom: predict whether a point is inside a flower shape
"""
import numpy as np


class Dense:
    def __init__(self, units, activation=None, **kwargs):
        self.units = units
        self.activation = activation
        self.alpha = kwargs.get('alpha', 0.1)
        self.params = {}
        self.grads = {}

    def build(self, n_in, rng):
        self.params['W'] = rng.standard_normal((n_in, self.units)) * np.sqrt(2 / n_in)
        self.params['b'] = np.zeros((1, self.units))
        return self.units

    def forward(self, a_prev):
        self.a_prev = a_prev
        self.z = a_prev @ self.params['W'] + self.params['b']
        if self.activation == 'leaky_relu':
            return np.where(self.z > 0, self.z, self.alpha * self.z)
        elif self.activation == 'sigmoid':
            self.a = 1 / (1 + np.exp(-self.z))
            return self.a
        return self.z

    def backward(self, da):
        if self.activation == 'leaky_relu':
            dz = np.array(da, copy=True)
            dz[self.z <= 0] = self.alpha
        elif self.activation == 'sigmoid':
            dz = da * self.a * (1 - self.a)
        else:
            dz = da
        self.grads['W'] = self.a_prev.T @ dz
        self.grads['b'] = np.sum(dz, axis=0, keepdims=True)
        return dz @ self.params['W'].T


class BinaryCrossEntropy:
    eps = 1e-7

    def __call__(self, p, y):
        p = np.clip(p, self.eps, 1 - self.eps)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def gradient(self, p, y):
        p = np.clip(p, self.eps, 1 - self.eps)
        return (p - y) / (p * (1 - p)) / y.size


class RMSProp:
    def __init__(self, lr=0.001, rho=0.9, eps=1e-8):
        self.lr, self.rho, self.eps = lr, rho, eps
        self.cache = {}

    def update(self, key, param, grad):
        if key not in self.cache:
            self.cache[key] = np.zeros_like(param)
        self.cache[key] = self.rho * self.cache[key] + (1 - self.rho) * grad ** 2
        param -= self.lr * grad / (np.sqrt(self.cache[key]) + self.eps)


class Sequential:
    def __init__(self, *layers, seed=0):
        self.layers = list(layers)
        self.rng = np.random.default_rng(seed)

    def compile(self, n_in, loss, optimizer):
        self.loss, self.optimizer = loss, optimizer
        for layer in self.layers:
            n_in = layer.build(n_in, self.rng)

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def train_on_batch(self, x, y):
        p = self.predict(x)
        g = self.loss.gradient(p, y)
        for layer in reversed(self.layers):
            g = layer.backward(g)
        for i, layer in enumerate(self.layers):
            for name in layer.params:
                self.optimizer.update((i, name), layer.params[name], layer.grads[name])
        return self.loss(p, y)

    def fit(self, x, y, epochs=100, batch_size=32, verbose=10):
        for e in range(1, epochs + 1):
            perm = self.rng.permutation(len(x))
            history = [self.train_on_batch(x[i], y[i])
                       for i in np.array_split(perm, max(1, len(x) // batch_size))]
            if e % verbose == 0:
                acc = ((self.predict(x) > .5) == y).mean()
                print(f'epoch {e}/{epochs} - loss: {np.mean(history):.4f} - acc: {acc:.4f}')
        return self


def flower(n, rng):
    xy = rng.uniform(-1.5, 1.5, (n, 2))
    r = np.hypot(xy[:, 0], xy[:, 1])
    phi = np.arctan2(xy[:, 1], xy[:, 0])
    inside = r < 0.8 + 0.3 * np.cos(5 * phi)
    return xy, inside.astype(float)[:, None]


if __name__ == '__main__':
    x, y = flower(1500, np.random.default_rng(8))
    model = Sequential(
        Dense(32, activation='leaky_relu'),
        Dense(32, activation='leaky_relu', alpha=0.05),
        Dense(1, activation='sigmoid'),
    )
    model.compile(2, loss=BinaryCrossEntropy(), optimizer=RMSProp(lr=0.002))
    model.fit(x, y, epochs=100)
