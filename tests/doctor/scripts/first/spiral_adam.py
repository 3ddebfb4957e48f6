import numpy as np


def make_spirals(n_per_class=80, n_classes=3, seed=0):
    rs = np.random.RandomState(seed)
    X, y = [], []
    for c in range(n_classes):
        r = np.linspace(0.05, 1, n_per_class)
        t = np.linspace(c * 4, (c + 1) * 4, n_per_class) + rs.randn(n_per_class) * 0.15
        X.append(np.c_[r * np.sin(t), r * np.cos(t)])
        y += [c] * n_per_class
    return np.concatenate(X), np.array(y)


class SpiralNet:
    def __init__(self, hidden=48, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        rs = np.random.RandomState(1)
        self.params = {
            'W1': rs.randn(2, hidden) * np.sqrt(2 / 2),
            'b1': np.zeros(hidden),
            'W2': rs.randn(hidden, hidden) * np.sqrt(2 / hidden),
            'b2': np.zeros(hidden),
            'W3': rs.randn(hidden, 3) * np.sqrt(2 / hidden),
            'b3': np.zeros(3),
        }
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = 0
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps

    def forward(self, X):
        p = self.params
        a1 = np.maximum(0, X @ p['W1'] + p['b1'])
        a2 = np.maximum(0, a1 @ p['W2'] + p['b2'])
        scores = a2 @ p['W3'] + p['b3']
        scores = scores - scores.max(axis=1, keepdims=True)
        e = np.exp(scores)
        self.cache = (X, a1, a2)
        return e / e.sum(axis=1, keepdims=True)

    def loss_and_grads(self, X, y):
        probs = self.forward(X)
        X, a1, a2 = self.cache
        n = X.shape[0]
        loss = -np.mean(np.log(probs[range(n), y] + 1e-12))

        d3 = probs.copy()
        d3[range(n), y] -= 1
        d3 /= n
        d2 = (d3 @ self.params['W3'].T) * (a2 > 0)
        d1 = (d2 @ self.params['W2'].T) * (a1 > 0)
        grads = {
            'W3': a2.T @ d3, 'b3': d3.sum(0),
            'W2': a1.T @ d2, 'b2': d2.sum(0),
            'W1': X.T @ d1, 'b1': d1.sum(0),
        }
        return loss, grads

    def adam_step(self, grads):
        self.t += 1
        for k, g in grads.items():
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * g
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * self.m[k] ** 2
            m_hat = self.m[k] / (1 - self.beta1 ** self.t)
            v_hat = self.v[k] / (1 - self.beta2 ** self.t)
            self.params[k] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


def main():
    X, y = make_spirals()
    net = SpiralNet()
    rs = np.random.RandomState(2)
    batch_size = 40
    for epoch in range(150):
        perm = rs.permutation(len(X))
        for i in range(0, len(X), batch_size):
            idx = perm[i:i + batch_size]
            loss, grads = net.loss_and_grads(X[idx], y[idx])
            net.adam_step(grads)
        if epoch % 25 == 0:
            print(f'epoch {epoch}: loss={loss:.4f}')
    acc = (net.forward(X).argmax(axis=1) == y).mean()
    print('accuracy', acc)


if __name__ == '__main__':
    main()
