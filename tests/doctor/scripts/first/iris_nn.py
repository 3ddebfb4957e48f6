import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split


def load():
    iris = load_iris()
    X = iris.data
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    Y = np.zeros((len(X), 3))
    Y[np.arange(len(X)), iris.target] = 1
    return train_test_split(X, Y, test_size=0.2, random_state=1)


def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * x)


def leaky_relu_grad(x, slope=0.01):
    g = np.ones_like(x)
    g[x <= 0] = slope
    return g


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def feedforward(X, model):
    z1 = X.dot(model['W1']) + model['b1']
    a1 = leaky_relu(z1)
    z2 = a1.dot(model['W2']) + model['b2']
    return z1, a1, softmax(z2)


def xent(P, Y):
    return np.mean(-np.sum(Y * np.log(P + 1e-9), axis=1))


def gradients(X, Y, model):
    z1, a1, P = feedforward(X, model)
    N = X.shape[0]
    dz2 = P - Y
    da1 = dz2.dot(model['W2'].T)
    dz1 = da1 * leaky_relu_grad(z1)
    return {
        'W1': X.T.dot(dz1) / N,
        'b1': dz1.mean(axis=0),
        'W2': a1.T.dot(dz2) / N,
        'b2': dz2.mean(axis=0),
    }


def iterate_minibatches(X, Y, size, rng):
    idx = np.arange(len(X))
    rng.shuffle(idx)
    for start in range(0, len(X), size):
        part = idx[start:start + size]
        yield X[part], Y[part]


def main():
    X_train, X_test, Y_train, Y_test = load()
    rng = np.random.RandomState(0)
    model = {
        'W1': rng.randn(4, 12) * 0.3,
        'b1': np.zeros(12),
        'W2': rng.randn(12, 3) * 0.3,
        'b2': np.zeros(3),
    }
    lr = 0.1
    for epoch in range(100):
        for xb, yb in iterate_minibatches(X_train, Y_train, 16, rng):
            grads = gradients(xb, yb, model)
            for k in model:
                model[k] -= lr * grads[k]
        if epoch % 20 == 0:
            P = feedforward(X_train, model)[-1]
            print('epoch', epoch, 'loss', xent(P, Y_train))
    P = feedforward(X_test, model)[-1]
    print('test accuracy', np.mean(P.argmax(1) == Y_test.argmax(1)))


if __name__ == '__main__':
    main()
