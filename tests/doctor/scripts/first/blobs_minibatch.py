import numpy as np


class BlobClassifier(object):
    def __init__(self, layer_dims, learning_rate=0.2, batch_size=16, seed=11):
        self.rng = np.random.RandomState(seed)
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        d0, d1, d2 = layer_dims
        self.w_hidden = self.rng.normal(scale=1 / np.sqrt(d0), size=(d0, d1))
        self.b_hidden = np.zeros(d1)
        self.w_out = self.rng.normal(scale=1 / np.sqrt(d1), size=(d1, d2))
        self.b_out = np.zeros(d2)

    @staticmethod
    def sigmoid(z):
        return 1.0 / (1.0 + np.exp(-z))

    def forward(self, X):
        self.inp = X
        self.hidden = self.sigmoid(X @ self.w_hidden + self.b_hidden)
        logits = self.hidden @ self.w_out + self.b_out
        logits -= logits.max(axis=1, keepdims=True)
        expd = np.exp(logits)
        self.out = expd / expd.sum(axis=1, keepdims=True)
        return self.out

    def cost(self, Y):
        return -(Y * np.log(self.out + 1e-12)).sum(axis=1).mean()

    def backward(self, Y):
        err = (self.out - Y) / len(Y)
        grad_w_out = self.hidden.T @ err
        grad_b_out = err.sum(axis=0)
        err_hidden = (err @ self.w_out.T) * self.hidden * (1 - self.hidden)
        grad_w_hidden = self.inp.T @ err_hidden
        grad_b_hidden = err_hidden.sum(axis=0)

        self.w_out -= self.learning_rate * grad_w_out
        self.b_out -= self.learning_rate * grad_b_out
        self.w_hidden -= self.learning_rate * grad_w_hidden
        self.b_hidden -= self.learning_rate * grad_b_hidden

    def fit(self, X, Y, epochs=80, verbose=True):
        n = len(X)
        for epoch in range(epochs):
            X_shuffled = X[self.rng.permutation(n)]
            Y_shuffled = Y[self.rng.permutation(n)]
            running = 0.0
            batches = 0
            for start in range(0, n, self.batch_size):
                xb = X_shuffled[start:start + self.batch_size]
                yb = Y_shuffled[start:start + self.batch_size]
                self.forward(xb)
                running += self.cost(yb)
                batches += 1
                self.backward(yb)
            if verbose and epoch % 20 == 0:
                print('epoch {:>3}  cost {:.4f}'.format(epoch, running / batches))

    def predict(self, X):
        return self.forward(X).argmax(axis=1)


def get_blobs():
    rng = np.random.RandomState(0)
    means = [(-2, 0), (2, 0), (0, 3), (0, -3)]
    X, labels = [], []
    for i, mean in enumerate(means):
        X.append(rng.randn(50, 2) * 0.8 + mean)
        labels.append(np.full(50, i))
    return np.vstack(X), np.concatenate(labels)


if __name__ == '__main__':
    X, labels = get_blobs()
    Y = np.eye(4)[labels]
    clf = BlobClassifier((2, 16, 4))
    clf.fit(X, Y)
    print('accuracy: {:.3f}'.format((clf.predict(X) == labels).mean()))
