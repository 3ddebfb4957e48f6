import numpy as np


class MLP:
    """Two layer perceptron with softmax output and weight decay.

    loss = mean cross entropy + reg/2 * (|W1|^2 + |W2|^2)
    """

    def __init__(self, n_in, n_hidden, n_out, reg=1e-2, lr=0.5, seed=0):
        r = np.random.RandomState(seed)
        self.W1 = r.randn(n_in, n_hidden) * 0.3
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = r.randn(n_hidden, n_out) * 0.3
        self.b2 = np.zeros((1, n_out))
        self.reg = reg
        self.lr = lr

    def forward(self, X):
        self.X = X
        self.z1 = X.dot(self.W1) + self.b1
        self.h = np.tanh(self.z1)
        self.z2 = self.h.dot(self.W2) + self.b2
        shifted = self.z2 - np.max(self.z2, axis=1, keepdims=True)
        ez = np.exp(shifted)
        self.probs = ez / np.sum(ez, axis=1, keepdims=True)
        return self.probs

    def loss(self, Y):
        m = Y.shape[0]
        data = -np.sum(Y * np.log(self.probs + 1e-12)) / m
        decay = 0.5 * self.reg * (np.sum(self.W1 ** 2) + np.sum(self.W2 ** 2))
        return data + decay

    def backward(self, Y):
        m = Y.shape[0]
        dz2 = (self.probs - Y) / m
        self.dW2 = self.h.T.dot(dz2) - self.reg * self.W2
        self.db2 = dz2.sum(axis=0, keepdims=True)
        dh = dz2.dot(self.W2.T)
        dz1 = dh * (1 - self.h ** 2)
        self.dW1 = self.X.T.dot(dz1) + self.reg * self.W1
        self.db1 = dz1.sum(axis=0, keepdims=True)

    def update(self):
        self.W1 -= self.lr * self.dW1
        self.b1 -= self.lr * self.db1
        self.W2 -= self.lr * self.dW2
        self.b2 -= self.lr * self.db2

    def fit(self, X, Y, epochs=300):
        for ep in range(epochs):
            self.forward(X)
            cost = self.loss(Y)
            self.backward(Y)
            self.update()
            if ep % 50 == 0:
                print('epoch', ep, 'cost', round(cost, 4))


def make_blobs(n=60, seed=4):
    r = np.random.RandomState(seed)
    centers = np.array([[0, 2.0], [2.0, -1], [-2.0, -1]])
    X = np.vstack([c + 0.7 * r.randn(n, 2) for c in centers])
    labels = np.repeat([0, 1, 2], n)
    return X, labels, np.eye(3)[labels]


if __name__ == '__main__':
    X, labels, Y = make_blobs()
    net = MLP(2, 10, 3)
    net.fit(X, Y)
    pred = np.argmax(net.forward(X), axis=1)
    print('accuracy:', np.mean(pred == labels))
