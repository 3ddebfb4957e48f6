# Python 2.7
# binary classifier with two hidden layers, cross entropy
import numpy as np
import cPickle


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def dsigmoid(a):
    return a * (1.0 - a)


class NeuralNet(object):
    def __init__(self, layers, learning_rate=0.5):
        self.lr = learning_rate
        self.W = []
        self.B = []
        for i in xrange(len(layers) - 1):
            self.W.append(np.random.normal(0.0, 1.0 / np.sqrt(layers[i]), (layers[i], layers[i + 1])))
            self.B.append(np.zeros((1, layers[i + 1])))

    def forward(self, X):
        self.A = [X]
        for i in xrange(len(self.W)):
            self.A.append(sigmoid(np.dot(self.A[i], self.W[i]) + self.B[i]))
        return self.A[-1]

    def cost(self, Y):
        out = self.A[-1]
        return -np.sum(Y * np.log(out) + (1 - Y) * np.log(1 - out)) / float(Y.shape[0])

    def backprop(self, Y):
        m = float(Y.shape[0])
        self.gW = [None] * len(self.W)
        self.gB = [None] * len(self.B)
        delta = (self.A[-1] - Y) * dsigmoid(self.A[-1])
        for i in xrange(len(self.W) - 1, -1, -1):
            self.gW[i] = np.dot(self.A[i].T, delta) / m
            self.gB[i] = np.sum(delta, axis=0, keepdims=True) / m
            if i > 0:
                delta = np.dot(delta, self.W[i].T) * dsigmoid(self.A[i])

    def update(self):
        for i in xrange(len(self.W)):
            self.W[i] -= self.lr * self.gW[i]
            self.B[i] -= self.lr * self.gB[i]

    def fit(self, X, Y, epochs, batch):
        n = X.shape[0]
        for e in xrange(epochs):
            idx = np.random.permutation(n)
            for s in xrange(0, n, batch):
                rows = idx[s:s + batch]
                self.forward(X[rows])
                self.backprop(Y[rows])
                self.update()
            if e % 50 == 0:
                self.forward(X)
                print "epoch %d: cost %f, accuracy %.3f" % (e, self.cost(Y), self.accuracy(X, Y))

    def accuracy(self, X, Y):
        return np.mean((self.forward(X) > 0.5) == (Y > 0.5))

    def save(self, path):
        f = open(path, 'wb')
        cPickle.dump((self.W, self.B), f)
        f.close()


if __name__ == '__main__':
    np.random.seed(77)
    X = np.random.randn(200, 3)
    Y = (X[:, 0:1] + X[:, 1:2] * X[:, 2:3] > 0).astype(float)
    net = NeuralNet([3, 10, 6, 1], learning_rate=1.5)
    net.fit(X, Y, 300, 20)
    print "final", net.accuracy(X, Y)
    net.save('/tmp/net_py2.pkl')
