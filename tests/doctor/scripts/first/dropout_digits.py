import numpy as np

np.random.seed(0)
KEEP = 0.8


def relu(z):
    return np.maximum(z, 0)


def softmax(z):
    z = z - z.max(axis=0, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=0, keepdims=True)


def one_hot(y, k):
    out = np.zeros((k, y.size))
    out[y, np.arange(y.size)] = 1
    return out


def init_params(nx, nh, ny):
    return dict(
        W1=np.random.randn(nh, nx) * np.sqrt(2 / nx),
        b1=np.zeros((nh, 1)),
        W2=np.random.randn(ny, nh) * np.sqrt(2 / nh),
        b2=np.zeros((ny, 1)),
    )


def forward(X, p, train=True):
    Z1 = p['W1'] @ X + p['b1']
    A1 = relu(Z1)
    if train:
        D1 = (np.random.rand(*A1.shape) < KEEP).astype(float)
        A1 = A1 * D1 / KEEP
    else:
        D1 = None
    Z2 = p['W2'] @ A1 + p['b2']
    A2 = softmax(Z2)
    return A2, (Z1, D1, A1, Z2)


def cross_entropy(A2, Y):
    return -np.sum(Y * np.log(A2 + 1e-12)) / Y.shape[1]


def backward(X, Y, A2, cache, p):
    Z1, D1, A1, Z2 = cache
    m = X.shape[1]
    dZ2 = (A2 - Y) / m
    dW2 = dZ2 @ A1.T
    db2 = dZ2.sum(axis=1, keepdims=True)
    dA1 = p['W2'].T @ dZ2
    dZ1 = dA1 * (Z1 > 0)
    dW1 = dZ1 @ X.T
    db1 = dZ1.sum(axis=1, keepdims=True)
    return dict(W1=dW1, b1=db1, W2=dW2, b2=db2)


def train(X, y, epochs=60, lr=0.3, batch=25):
    k = y.max() + 1
    p = init_params(X.shape[0], 30, k)
    Y = one_hot(y, k)
    for ep in range(epochs):
        order = np.random.permutation(X.shape[1])
        for s in range(0, X.shape[1], batch):
            idx = order[s:s + batch]
            A2, cache = forward(X[:, idx], p)
            g = backward(X[:, idx], Y[:, idx], A2, cache, p)
            for key in p:
                p[key] -= lr * g[key]
        if ep % 10 == 0:
            A2, _ = forward(X, p, train=False)
            print('epoch %d loss %.4f' % (ep, cross_entropy(A2, Y)))
    return p


def made_up_digits(n=250, side=6, classes=5):
    base = np.random.rand(classes, side * side)
    y = np.random.randint(0, classes, n)
    X = base[y] + 0.3 * np.random.randn(n, side * side)
    return X.T, y


X, y = made_up_digits()
params = train(X, y)
out, _ = forward(X, params, train=False)
print('accuracy', np.mean(out.argmax(axis=0) == y))
np.save('/tmp/dropout_W1.npy', params['W1'])
