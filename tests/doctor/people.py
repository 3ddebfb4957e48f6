"""More networks as people write them, each with a fault to put in: what the doctor was once lost with."""

from doctor.texts import Written

PEOPLE = {
    "scores of a function, and their loss": Written(
        """
import numpy as np
def initialize(n_x, n_h, n_y):
    return {"W1": np.random.randn(n_h, n_x) * 0.01, "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h) * 0.01, "b2": np.zeros((n_y, 1))}
def forward(X, p):
    Z1 = np.dot(p["W1"], X) + p["b1"]
    A1 = np.maximum(0, Z1)
    Z2 = np.dot(p["W2"], A1) + p["b2"]
    return Z2, (Z1, A1)
def softmax(Z):
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)
def cross_entropy_loss(logits, Y):
    P = softmax(logits)
    return -np.sum(Y * np.log(P)) / Y.shape[1]
def backward(X, Y, logits, cache, p):
    Z1, A1 = cache
    m = X.shape[1]
    dlogits = (softmax(logits) - Y) / m
    grads = {"dW2": dlogits @ A1.T, "db2": dlogits.sum(axis=1, keepdims=True)}
    dA1 = p["W2"].T @ dlogits
    dZ1 = dA1 * (Z1 > 0)
    grads["dW1"] = dZ1 @ X.T
    grads["db1"] = dZ1.sum(axis=1, keepdims=True)
    return grads
def update(p, g, lr):
    for k in p:
        p[k] = p[k] - lr * g["d" + k]
    return p
""",
        "dA1 * (Z1 > 0)",
        "dA1",
        "the slope of relu is left out",
    ),
    "scores, loss and gradients of one method": Written(
        """
import numpy as np
class TwoLayerNet:
    def __init__(self, input_dim=20, hidden_dim=10, num_classes=3, weight_scale=1e-3, reg=0.0):
        self.params = {'W1': weight_scale*np.random.randn(input_dim, hidden_dim), 'b1': np.zeros(hidden_dim),
                       'W2': weight_scale*np.random.randn(hidden_dim, num_classes), 'b2': np.zeros(num_classes)}
        self.reg = reg
    def loss(self, X, y=None):
        W1, b1, W2, b2 = (self.params[k] for k in ('W1', 'b1', 'W2', 'b2'))
        h = np.maximum(0, X.dot(W1) + b1)
        scores = h.dot(W2) + b2
        if y is None:
            return scores
        N = len(X)
        s = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(N), y]).mean() + 0.5*self.reg*(np.sum(W1**2)+np.sum(W2**2))
        d = p.copy(); d[np.arange(N), y] -= 1; d /= N
        grads = {'W2': h.T.dot(d) + self.reg*W2, 'b2': d.sum(0)}
        dh = d.dot(W2.T)*(h > 0)
        grads['W1'] = X.T.dot(dh) + self.reg*W1
        grads['b1'] = dh.sum(0)
        return loss, grads
""",
        "dh = d.dot(W2.T)*(h > 0)",
        "dh = d.dot(W2.T)",
        "the slope of relu is left out",
    ),
    "results in a named tuple": Written(
        """
from collections import namedtuple
import numpy as np
Pass = namedtuple("Pass", "hidden probs")
def init(d=4, h=6, k=3, seed=0):
    r = np.random.RandomState(seed)
    return {"U": r.randn(d, h) * .5, "c": np.zeros(h), "V": r.randn(h, k) * .5, "d": np.zeros(k)}
def forward(theta, x):
    hidden = np.tanh(x @ theta["U"] + theta["c"])
    s = hidden @ theta["V"] + theta["d"]
    e = np.exp(s - s.max(1, keepdims=True))
    return Pass(hidden, e / e.sum(1, keepdims=True))
def backward(theta, x, t, out):
    n = len(x)
    ds = (out.probs - t) / n
    dh = ds @ theta["V"].T * (1 - out.hidden ** 2)
    return {"U": x.T @ dh, "c": dh.sum(0), "V": out.hidden.T @ ds, "d": ds.sum(0)}
def loss(out, t):
    return -np.mean(np.sum(t * np.log(out.probs), axis=1))
x = np.random.randn(60, 4); t = np.eye(3)[np.random.randint(0, 3, 60)]
theta = init()
for i in range(200):
    out = forward(theta, x)
    g = backward(theta, x, t, out)
    for k in theta: theta[k] -= .1 * g[k]
""",
        " * (1 - out.hidden ** 2)",
        "",
        "the slope of tanh is left out",
    ),
    "Adam within the class": Written(
        """
import numpy as np
class NN:
    def __init__(self, n_in, n_hid, n_out, lr=0.01):
        self.lr = lr
        self.W1 = np.random.randn(n_in, n_hid) * 0.3
        self.b1 = np.zeros((1, n_hid))
        self.W2 = np.random.randn(n_hid, n_out) * 0.3
        self.b2 = np.zeros((1, n_out))
        self.m = {}; self.v = {}; self.t = 0
    def forward(self, X):
        self.z1 = X @ self.W1 + self.b1
        self.a1 = np.tanh(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        self.out = 1 / (1 + np.exp(-self.z2))
        return self.out
    def adam(self, name, g):
        m = self.m.get(name, np.zeros_like(g)); v = self.v.get(name, np.zeros_like(g))
        m = 0.9 * m + 0.1 * g; v = 0.999 * v + 0.001 * g * g
        self.m[name], self.v[name] = m, v
        mh = m / (1 - 0.9 ** self.t); vh = v / (1 - 0.999 ** self.t)
        setattr(self, name, getattr(self, name) - self.lr * mh / (np.sqrt(vh) + 1e-8))
    def backward(self, X, y):
        n = len(X)
        self.t += 1
        d2 = (self.out - y) / n
        gW2 = self.a1.T @ d2; gb2 = d2.sum(0, keepdims=True)
        d1 = d2 @ self.W2.T * (1 - self.a1 ** 2)
        gW1 = X.T @ d1; gb1 = d1.sum(0, keepdims=True)
        for n_, g in (("W1", gW1), ("b1", gb1), ("W2", gW2), ("b2", gb2)):
            self.adam(n_, g)
    def fit(self, X, y, epochs=100):
        for e in range(epochs):
            self.forward(X); self.backward(X, y)
net = NN(3, 8, 1)
X = np.random.randn(50, 3); y = (X.sum(1, keepdims=True) > 0).astype(float)
net.fit(X, y)
""",
        "(1 - self.a1 ** 2)",
        "(1 - self.z1 ** 2)",
        "is computed from z1 in place of a1",
    ),
    "Adam in a loop, the parameters in a list": Written(
        """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(100, 3)); y = np.sin(X.sum(1, keepdims=True))
W1 = rng.normal(0, .5, (3, 10)); b1 = np.zeros((1, 10))
W2 = rng.normal(0, .5, (10, 1)); b2 = np.zeros((1, 1))
params = [W1, b1, W2, b2]
m = [np.zeros_like(p) for p in params]; v = [np.zeros_like(p) for p in params]
for t in range(1, 501):
    h = np.tanh(X @ W1 + b1)
    pred = h @ W2 + b2
    err = pred - y
    loss = np.mean(err ** 2)
    d_pred = 2 * err / len(X)
    g_W2 = h.T @ d_pred; g_b2 = d_pred.sum(0, keepdims=True)
    d_h = d_pred @ W2.T * (1 - h ** 2)
    g_W1 = X.T @ d_h; g_b1 = d_h.sum(0, keepdims=True)
    for i, (p, g) in enumerate(zip(params, [g_W1, g_b1, g_W2, g_b2])):
        m[i] = .9 * m[i] + .1 * g
        v[i] = .999 * v[i] + .001 * g ** 2
        p -= 0.01 * (m[i] / (1 - .9 ** t)) / (np.sqrt(v[i] / (1 - .999 ** t)) + 1e-8)
""",
        " * (1 - h ** 2)",
        "",
        "the slope of tanh is left out",
    ),
    "an autoencoder": Written(
        """
import numpy as np
class Autoencoder:
    def __init__(self, n, h):
        self.W1 = np.random.randn(n, h) * .1; self.b1 = np.zeros(h)
        self.W2 = np.random.randn(h, n) * .1; self.b2 = np.zeros(n)
    def forward(self, X):
        self.h = 1 / (1 + np.exp(-(X @ self.W1 + self.b1)))
        self.r = self.h @ self.W2 + self.b2
        return self.r
    def backward(self, X, lr=0.1):
        d = 2 * (self.r - X) / X.size
        dW2 = self.h.T @ d; db2 = d.sum(0)
        dh = d @ self.W2.T * self.h * (1 - self.h)
        dW1 = X.T @ dh; db1 = dh.sum(0)
        self.W1 -= lr * dW1; self.b1 -= lr * db1; self.W2 -= lr * dW2; self.b2 -= lr * db2
ae = Autoencoder(8, 3)
X = np.random.rand(100, 8)
for i in range(500):
    ae.forward(X); ae.backward(X)
""",
        " * self.h * (1 - self.h)",
        "",
        "the slope of sigmoid is left out",
    ),
    "one output as a vector, top level": Written(
        """
import numpy as np
X = np.random.randn(200, 2); y = (X[:, 0] + X[:, 1] > 0).astype(float)
w = np.zeros(2); b = 0.0
lr = 0.1
for epoch in range(100):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    dw = X.T @ (p - y) / len(y)
    db = np.mean(p - y)
    w -= lr * dw
    b -= lr * db
print(((p > .5) == y).mean())
""",
        " / len(y)",
        "",
        "1/m is missing",
    ),
    "one step of global names": Written(
        """
import numpy as np

eta = 0.8
W1, b1 = np.random.uniform(-1, 1, (3, 2)), np.random.uniform(-1, 1, 3)
w2, b2 = np.random.uniform(-1, 1, 3), 0.0

def sig(t):
    return 1 / (1 + np.exp(-t))

def feed(x):
    h = sig(W1 @ x + b1)
    return h, sig(w2 @ h + b2)

def learn(x, target):
    global W1, b1, w2, b2
    h, o = feed(x)
    d_o = (o - target) * o * (1 - o)
    d_h = d_o * w2 * h * (1 - h)
    w2, b2 = w2 - eta * d_o * h, b2 - eta * d_o
    W1, b1 = W1 - eta * np.outer(d_h, x), b1 - eta * d_h
    return 0.5 * (o - target) ** 2

data = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]
for e in range(8000):
    for x, t in data:
        learn(np.array(x), t)
""",
        "d_o * w2 * h * (1 - h)",
        "d_o * w2 * h",
        "A1 itself is taken as the slope",
    ),
    "a dict of parameters moved in place": Written(
        """
import numpy as np
X = np.random.randn(200, 2); y = (X[:, 0] * X[:, 1] > 0).astype(int)
N = len(X); lr = 0.1
def fwd(model, x):
    z1 = x.dot(model['W1']) + model['b1']
    a1 = np.tanh(z1)
    z2 = a1.dot(model['W2']) + model['b2']
    e = np.exp(z2)
    return z1, a1, e / e.sum(axis=1, keepdims=True)
def build_model(nn_hdim=4, num_passes=2000):
    model = {'W1': np.random.randn(2, nn_hdim), 'b1': np.zeros((1, nn_hdim)),
             'W2': np.random.randn(nn_hdim, 2), 'b2': np.zeros((1, 2))}
    for i in range(num_passes):
        z1, a1, probs = fwd(model, X)
        delta3 = probs.copy()
        delta3[np.arange(N), y] -= 1
        delta3 /= N
        dW2 = a1.T.dot(delta3); db2 = delta3.sum(axis=0, keepdims=True)
        delta2 = delta3.dot(model['W2'].T) * (1 - a1 ** 2)
        dW1 = X.T.dot(delta2); db1 = delta2.sum(axis=0, keepdims=True)
        model['W1'] -= lr * dW1; model['b1'] -= lr * db1
        model['W2'] -= lr * dW2; model['b2'] -= lr * db2
    return model
build_model()
""",
        "(1 - a1 ** 2)",
        "(1 - z1 ** 2)",
        "is computed from z1 in place of a1",
    ),
    "lists that count from one": Written(
        """
import numpy as np

class Net:
    def __init__(self, dims):
        self.dims, self.L = dims, len(dims) - 1
        self.W, self.b, self.velocity = [None], [None], {}
        for l in range(1, self.L + 1):
            self.W.append(np.random.randn(dims[l], dims[l - 1]) * 0.5)
            self.b.append(np.zeros((dims[l], 1)))

    def forward(self, X):
        self.A = [X]
        for l in range(1, self.L):
            self.A.append(np.tanh(self.W[l] @ self.A[-1] + self.b[l]))
        self.A.append(self.W[self.L] @ self.A[-1] + self.b[self.L])
        return self.A[-1]

    def cost(self, Y):
        return np.sum((self.A[-1] - Y) ** 2) / (2 * Y.shape[1])

    def backward(self, Y):
        dW, db = [None] * (self.L + 1), [None] * (self.L + 1)
        dZ = (self.A[-1] - Y) / Y.shape[1]
        for l in range(self.L, 0, -1):
            dW[l], db[l] = dZ @ self.A[l - 1].T, dZ.sum(axis=1, keepdims=True)
            if l > 1:
                dZ = self.W[l].T @ dZ * (1 - self.A[l - 1] ** 2)
        return dW, db

    def update(self, dW, db, lr):
        for l in range(1, self.L + 1):
            self.W[l] = self.W[l] - lr * dW[l]
            self.b[l] = self.b[l] - lr * db[l]

net = Net([2, 8, 8, 1])
""",
        " * (1 - self.A[l - 1] ** 2)",
        "",
        "the slope of tanh is left out",
    ),
    "the output's gradient is the caller's": Written(
        """
import numpy as np

def dense_back(d, cache):
    x, W = cache
    return d @ W.T, x.T @ d, d.sum(axis=0)

def softmax_loss(scores, y):
    n = len(scores)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(n), y]).mean()
    p[np.arange(n), y] -= 1
    return loss, p / n

def init(dims):
    return [[np.random.randn(a, b) * 0.3, np.zeros(b)] for a, b in zip(dims, dims[1:])]

def net_forward(x, params):
    caches = []
    for k, (W, b) in enumerate(params):
        z = x @ W + b
        caches.append(((x, W), z))
        x = np.maximum(0, z) if k < len(params) - 1 else z
    return x, caches

def net_backward(dout, caches):
    grads = []
    for k, (cache, z) in reversed(list(enumerate(caches))):
        if k < len(caches) - 1:
            dout = dout * (z > 0)
        dout, dW, db = dense_back(dout, cache)
        grads.insert(0, (dW, db))
    return grads

def train(params, X, y, epochs=5, lr=0.1):
    for epoch in range(epochs):
        scores, caches = net_forward(X, params)
        loss, dscores = softmax_loss(scores, y)
        for (W, b), (dW, db) in zip(params, net_backward(dscores, caches)):
            W -= lr * dW
            b -= lr * db

X, y = np.random.randn(80, 6), np.random.randint(0, 3, 80)
params = init([6, 9, 3])
train(params, X, y)
""",
        "return loss, p / n",
        "return loss, p",
        "1/m is missing",
    ),
    "neuron by neuron, top level": Written(
        """
from math import exp
import numpy as np

inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
targets = [0, 1, 1, 0]
hidden_weights, hidden_bias = np.random.uniform(-1, 1, (2, 2)), np.random.uniform(-1, 1, 2)
output_weights, output_bias = np.random.uniform(-1, 1, 2), np.random.uniform(-1, 1)
lr = 0.5
order = [0, 1, 2, 3]
for epoch in range(10000):
    np.random.shuffle(order)
    for i in order:
        x = inputs[i]
        t = targets[i]
        hidden = [0.0, 0.0]
        for j in range(2):
            s = hidden_bias[j]
            for k in range(2):
                s += x[k] * hidden_weights[k][j]
            hidden[j] = 1 / (1 + exp(-s))
        s = output_bias
        for j in range(2):
            s += hidden[j] * output_weights[j]
        out = 1 / (1 + exp(-s))
        d_out = (t - out) * out * (1 - out)
        d_hid = [d_out * output_weights[j] * hidden[j] * (1 - hidden[j]) for j in range(2)]
        output_bias += lr * d_out
        for j in range(2):
            output_weights[j] += lr * d_out * hidden[j]
            hidden_bias[j] += lr * d_hid[j]
            for k in range(2):
                hidden_weights[k][j] += lr * d_hid[j] * x[k]
""",
        "hidden_bias[j] += ",
        "hidden_bias[j] -= ",
        "db1: it is of the wrong sign",
    ),
    "a loop that calls functions of global names, top level": Written(
        """
import numpy as np

X = np.random.uniform(-1, 1, (64, 2))
ziel = X[:, :1] * X[:, 1:]
gewichte_1, schwelle_1 = np.random.randn(2, 6), np.zeros((1, 6))
gewichte_2, schwelle_2 = np.random.randn(6, 6), np.zeros((1, 6))
gewichte_3, schwelle_3 = np.random.randn(6, 1), np.zeros((1, 1))
lernrate = 0.1

def vorwaerts(x):
    aktiv_1 = np.tanh(x @ gewichte_1 + schwelle_1)
    aktiv_2 = np.tanh(aktiv_1 @ gewichte_2 + schwelle_2)
    return aktiv_1, aktiv_2, aktiv_2 @ gewichte_3 + schwelle_3

for durchlauf in range(5000):
    aktiv_1, aktiv_2, ausgabe = vorwaerts(X)
    delta_3 = (ausgabe - ziel) / len(X)
    delta_2 = delta_3 @ gewichte_3.T * (1 - aktiv_2 ** 2)
    delta_1 = delta_2 @ gewichte_2.T * (1 - aktiv_1 ** 2)
    grad_gewichte_3, grad_schwelle_3 = aktiv_2.T @ delta_3, delta_3.sum(axis=0, keepdims=True)
    grad_gewichte_2, grad_schwelle_2 = aktiv_1.T @ delta_2, delta_2.sum(axis=0, keepdims=True)
    grad_gewichte_1, grad_schwelle_1 = X.T @ delta_1, delta_1.sum(axis=0, keepdims=True)
    gewichte_3 -= lernrate * grad_gewichte_3
    schwelle_3 -= lernrate * grad_schwelle_3
    gewichte_2 -= lernrate * grad_gewichte_2
    schwelle_2 -= lernrate * grad_schwelle_2
    gewichte_1 -= lernrate * grad_gewichte_1
    schwelle_1 -= lernrate * grad_schwelle_1
""",
        "lernrate * grad_schwelle_2",
        "lernrate * grad_schwelle_1",
        "moves b2 by db1 in place of db2",
    ),
    "an error that is no loss, top level": Written(
        """
import numpy as np
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]])
def sigmoid(x): return 1 / (1 + np.exp(-x))
hidden_weights, hidden_bias = np.random.uniform(size=(2, 4)), np.random.uniform(size=(1, 4))
output_weights, output_bias = np.random.uniform(size=(4, 1)), np.random.uniform(size=(1, 1))
losses = []
for _ in range(10000):
    hidden = sigmoid(X @ hidden_weights + hidden_bias)
    output = sigmoid(hidden @ output_weights + output_bias)
    error = y - output
    losses.append(0.5 * np.sum(error ** 2))
    d_output = error * output * (1 - output)
    d_hidden = d_output @ output_weights.T * hidden * (1 - hidden)
    output_weights += hidden.T @ d_output
    output_bias += d_output.sum(axis=0, keepdims=True)
    hidden_weights += X.T @ d_hidden
    hidden_bias += d_hidden.sum(axis=0, keepdims=True)
""",
        " * hidden * (1 - hidden)\n",
        "\n",
        "dZ1: the slope of sigmoid is left out",
    ),
    "a step in the class": Written(
        """
import numpy as np
class Red:
    def __init__(self, entradas, ocultas):
        self.W1, self.b1 = np.random.randn(entradas, ocultas), np.zeros((1, ocultas))
        self.W2, self.b2 = np.random.randn(ocultas, 1), np.zeros((1, 1))
    def propagar(self, X):
        self.oculta = np.tanh(X @ self.W1 + self.b1)
        self.salida = 1 / (1 + np.exp(-(self.oculta @ self.W2 + self.b2)))
        return self.salida
    def costo(self, y):
        return -np.mean(y * np.log(self.salida) + (1 - y) * np.log(1 - self.salida))
    def retropropagar(self, X, y):
        delta_2 = (self.salida - y) / len(X)
        delta_1 = (delta_2 @ self.W2.T) * (1 - self.oculta ** 2)
        grad_W1, grad_b1 = X.T @ delta_1, delta_1.sum(axis=0, keepdims=True)
        grad_W2, grad_b2 = self.oculta.T @ delta_2, delta_2.sum(axis=0, keepdims=True)
        self.W1 -= 0.3 * grad_W1
        self.b1 -= 0.3 * grad_b1
        self.W2 -= 0.3 * grad_W2
        self.b2 -= 0.3 * grad_b2
red = Red(2, 8)
""",
        "0.3 * grad_b1",
        "0.3 * grad_b2",
        "db1: db2 stands in its place",
    ),
    "one output, as an assertion of forward says": Written(
        """
import numpy as np
def load():
    X = np.random.randn(2, 400)
    return X, (X[0] > 0).astype(float).reshape(1, -1)
def layer_sizes(X, Y): return X.shape[0], 4, Y.shape[0]
def build(n_x, n_h, n_y):
    return {"W1": np.random.randn(n_h, n_x), "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h), "b2": np.zeros((n_y, 1))}
def forward_propagation(X, p):
    A1 = np.tanh(p["W1"] @ X + p["b1"])
    A2 = 1 / (1 + np.exp(-(p["W2"] @ A1 + p["b2"])))
    assert A2.shape == (1, X.shape[1])
    return A2, {"A1": A1, "A2": A2}
def compute_cost(A2, Y):
    return float(-np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / Y.shape[1])
def backward_propagation(p, cache, X, Y):
    m = X.shape[1]
    dZ2 = cache["A2"] - Y
    dZ1 = p["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
    return {"dW1": dZ1 @ X.T / m, "db1": np.sum(dZ1, axis=1, keepdims=True) / m,
            "dW2": dZ2 @ cache["A1"].T / m, "db2": np.sum(dZ2, axis=1, keepdims=True) / m}
def nn_model(X, Y, n_h, iterations=10000):
    n_x, _, n_y = layer_sizes(X, Y)
    parameters = build(n_x, n_h, n_y)
    return parameters
X, Y = load()
parameters = nn_model(X, Y, n_h=4)
""",
        ' * (1 - cache["A1"] ** 2)',
        "",
        "dZ1: the slope of tanh is left out",
    ),
}
