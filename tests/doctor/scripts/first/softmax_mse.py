# classification of coloured points with softmax output and squared error
# (the teacher asked for MSE, not cross entropy)
import numpy as np
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt


def get_data(n, rng):
    X = rng.uniform(-1, 1, size=(n, 2))
    c = np.zeros(n, dtype=int)
    c[X[:, 1] > X[:, 0] ** 2] = 1
    c[X[:, 1] < -0.4] = 2
    T = np.zeros((n, 3))
    T[np.arange(n), c] = 1
    return X, T, c


def softmax_rows(A):
    A = np.exp(A - A.max(axis=1)[:, None])
    return A / A.sum(axis=1)[:, None]


def fwd(X, W1, b1, W2, b2):
    pre = X @ W1 + b1
    hid = np.maximum(0, pre)
    P = softmax_rows(hid @ W2 + b2)
    return pre, hid, P


def bwd(X, T, pre, hid, P, W2):
    # d(mean over rows of sum of squares)/dP
    dP = 2 * (P - T) / X.shape[0]
    # softmax: dz_i = p_i * (g_i - sum_j g_j p_j)
    inner = (dP * P).sum(axis=1, keepdims=True)
    dlogit = P * (dP - inner)
    dW2 = hid.T @ dlogit
    db2 = dlogit.sum(axis=0)
    dpre = dlogit @ W2.T
    dpre[pre < 0] = 0
    dW1 = X.T @ dpre
    db1 = dpre.sum(axis=0)
    return dW1, db1, dW2, db2


def main():
    rng = np.random.default_rng(5)
    X, T, c = get_data(180, rng)
    W1 = rng.normal(size=(2, 20))
    b1 = np.zeros(20)
    W2 = rng.normal(size=(20, 3)) * 0.3
    b2 = np.zeros(3)
    rate = 0.4
    err = []
    for step in range(1500):
        pre, hid, P = fwd(X, W1, b1, W2, b2)
        err.append(((P - T) ** 2).sum(axis=1).mean())
        dW1, db1, dW2, db2 = bwd(X, T, pre, hid, P, W2)
        W1 -= rate * dW1
        b1 -= rate * db1
        W2 -= rate * dW2
        b2 -= rate * db2
        if step % 300 == 0:
            print(step, err[-1])
    P = fwd(X, W1, b1, W2, b2)[2]
    print('train accuracy', (P.argmax(1) == c).mean())
    plt.scatter(X[:, 0], X[:, 1], c=P.argmax(1))
    plt.savefig('/tmp/points.png')


main()
