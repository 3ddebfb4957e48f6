"""Networks as people write them that are no functions of their parameters: right ones, each with a fault to put in."""

from typing import NamedTuple


class Written(NamedTuple):
    """A right network, and a line of it with the wrong one: what must be said then."""

    text: str
    right: str
    wrong: str
    said: str


LOOP = """
import numpy as np
def nonlin(x, deriv=False):
    if deriv: return x * (1 - x)
    return 1 / (1 + np.exp(-x))
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0], [1], [1], [0]])
syn0, syn1 = 2 * np.random.random((3, 4)) - 1, 2 * np.random.random((4, 1)) - 1
for step in range(60000):
    l0 = X
    l1 = nonlin(l0 @ syn0)
    l2 = nonlin(l1 @ syn1)
    l2_error = y - l2
    if step % 10000 == 0: print(np.mean(np.abs(l2_error)))
    l2_delta = l2_error * nonlin(l2, deriv=True)
    l1_delta = l2_delta @ syn1.T * nonlin(l1, deriv=True)
    syn1 += l1.T @ l2_delta
    syn0 += l0.T @ l1_delta
"""
MAIN = """
import numpy as np
def main(rate=0.5, size=32):
    X = np.random.randn(300, 2)
    Y = np.eye(3)[(X > 0).sum(axis=1)]
    W1, b1 = np.random.randn(2, 16) * 0.1, np.zeros(16)
    W2, b2 = np.random.randn(16, 3) * 0.1, np.zeros(3)
    for epoch in range(200):
        order = np.random.permutation(len(X))
        for start in range(0, len(X), size):
            xb, yb = X[order[start:start + size]], Y[order[start:start + size]]
            a1 = np.maximum(0, xb @ W1 + b1)
            e = np.exp(a1 @ W2 + b2)
            probs = e / e.sum(axis=1, keepdims=True)
            dscores = (probs - yb) / len(xb)
            da1 = dscores @ W2.T
            da1[a1 <= 0] = 0
            W1 -= rate * xb.T @ da1
            b1 -= rate * da1.sum(axis=0)
            W2 -= rate * a1.T @ dscores
            b2 -= rate * dscores.sum(axis=0)
if __name__ == "__main__":
    main()
"""
ARTICLE = """
import numpy as np
def sigmoid(x): return 1 / (1 + np.exp(-x))
def sigmoid_derivative(x): return x * (1 - x)
class NeuralNetwork:
    def __init__(self, x, y):
        self.input, self.y = x, y
        self.weights1, self.weights2 = np.random.rand(self.input.shape[1], 4), np.random.rand(4, 1)
        self.output = np.zeros(y.shape)
    def feedforward(self):
        self.layer1 = sigmoid(self.input @ self.weights1)
        self.output = sigmoid(self.layer1 @ self.weights2)
    def backprop(self):
        d = 2 * (self.y - self.output) * sigmoid_derivative(self.output)
        d_weights2 = self.layer1.T @ d
        d_weights1 = self.input.T @ (d @ self.weights2.T * sigmoid_derivative(self.layer1))
        self.weights1 += d_weights1
        self.weights2 += d_weights2
"""
DICTS = """
import numpy as np
class MLP:
    def __init__(self, layer_sizes, lr=0.1):
        self.L, self.lr = len(layer_sizes) - 1, lr
        self.params = {}
        for l in range(1, self.L + 1):
            self.params[f"W{l}"] = np.random.randn(layer_sizes[l], layer_sizes[l - 1])
            self.params[f"b{l}"] = np.zeros((layer_sizes[l], 1))
    def forward(self, X):
        self.acts = [X]
        for l in range(1, self.L + 1):
            Z = self.params[f"W{l}"] @ self.acts[-1] + self.params[f"b{l}"]
            self.acts.append(np.tanh(Z) if l < self.L else 1 / (1 + np.exp(-Z)))
        return self.acts[-1]
    def backward(self, Y):
        self.grads, m = {}, Y.shape[1]
        dZ = self.acts[-1] - Y
        for l in range(self.L, 0, -1):
            self.grads[f"dW{l}"] = dZ @ self.acts[l - 1].T / m
            self.grads[f"db{l}"] = dZ.sum(axis=1, keepdims=True) / m
            dZ = self.params[f"W{l}"].T @ dZ * (1 - self.acts[l - 1] ** 2)
    def update(self):
        for l in range(1, self.L + 1):
            self.params[f"W{l}"] -= self.lr * self.grads[f"dW{l}"]
            self.params[f"b{l}"] -= self.lr * self.grads[f"db{l}"]
net = MLP([2, 5, 1])
"""
ALL_IN_TRAIN = """
import numpy as np
class NeuralNetwork:
    def __init__(self):
        self.synaptic_weights1 = np.random.random((3, 4)) - 0.5
        self.synaptic_weights2 = np.random.random((4, 1)) - 0.5
    def __sigmoid(self, x): return 1 / (1 + np.exp(-x))
    def train(self, training_set_inputs, training_set_outputs, number_of_iterations):
        for _ in range(number_of_iterations):
            hidden = self.__sigmoid(training_set_inputs @ self.synaptic_weights1)
            output = self.__sigmoid(hidden @ self.synaptic_weights2)
            delta2 = (training_set_outputs - output) * output * (1 - output)
            delta1 = delta2 @ self.synaptic_weights2.T * hidden * (1 - hidden)
            self.synaptic_weights2 += hidden.T @ delta2
            self.synaptic_weights1 += training_set_inputs.T @ delta1
    def think(self, inputs):
        return self.__sigmoid(self.__sigmoid(inputs @ self.synaptic_weights1) @ self.synaptic_weights2)
"""
LAYERS = """
import numpy as np
class Dense:
    def __init__(self, input_size, output_size):
        self.weights, self.bias = np.random.randn(output_size, input_size), np.random.randn(output_size, 1)
    def forward(self, input):
        self.input = input
        return self.weights @ self.input + self.bias
    def backward(self, output_gradient, learning_rate):
        input_gradient = self.weights.T @ output_gradient
        self.weights -= learning_rate * output_gradient @ self.input.T
        self.bias -= learning_rate * output_gradient
        return input_gradient
class Tanh:
    def forward(self, input):
        self.input = input
        return np.tanh(input)
    def backward(self, output_gradient, learning_rate):
        return output_gradient * (1 - np.tanh(self.input) ** 2)
def mse_prime(y_true, y_pred): return 2 * (y_pred - y_true) / np.size(y_true)
X, Y = np.random.rand(4, 2, 1), np.random.rand(4, 1, 1)
network = [Dense(2, 3), Tanh(), Dense(3, 1), Tanh()]
for epoch in range(10000):
    for x, y in zip(X, Y):
        output = x
        for layer in network:
            output = layer.forward(output)
        grad = mse_prime(y, output)
        for layer in reversed(network):
            grad = layer.backward(grad, 0.1)
"""
GLOBALS = """
import numpy as np
X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
W1, B1, W2, B2, lr = np.random.randn(2, 3), np.zeros((1, 3)), np.random.randn(3, 1), np.zeros((1, 1)), 0.5
def sigmoid(z): return 1 / (1 + np.exp(-z))
def forward(x):
    global a1, a2
    a1 = sigmoid(x @ W1 + B1)
    a2 = sigmoid(a1 @ W2 + B2)
    return a2
def backward(x, y):
    global W1, B1, W2, B2
    d2 = (a2 - y) * a2 * (1 - a2)
    d1 = d2 @ W2.T * a1 * (1 - a1)
    W2 = W2 - lr * a1.T @ d2
    B2 = B2 - lr * d2
    W1 = W1 - lr * x.T @ d1
    B1 = B1 - lr * d1
for epoch in range(10000):
    for i in range(len(X)):
        forward(X[i:i + 1])
        backward(X[i:i + 1], Y[i:i + 1])
"""
OTHER_WORDS = """
import numpy as np
def inicializa_pesos(tamanhos):
    pesos = [np.random.randn(a, b) * 0.5 for a, b in zip(tamanhos[:-1], tamanhos[1:])]
    return pesos, [np.zeros((1, b)) for b in tamanhos[1:]]
def foward_prop(entradas, pesos, vies):
    ativacoes = [entradas]
    for w, b in zip(pesos, vies):
        ativacoes.append(1 / (1 + np.exp(-(ativacoes[-1] @ w + b))))
    return ativacoes
def retropropagacao(ativacoes, y, pesos):
    delta, dpesos, dvies = (ativacoes[-1] - y) / len(y), [], []
    for i in reversed(range(len(pesos))):
        dpesos.insert(0, ativacoes[i].T @ delta)
        dvies.insert(0, delta.sum(axis=0, keepdims=True))
        delta = delta @ pesos[i].T * ativacoes[i] * (1 - ativacoes[i])
    return dpesos, dvies
def updata_pesos(pesos, vies, dpesos, dvies, taxa):
    for i in range(len(pesos)):
        pesos[i] -= taxa * dpesos[i]
        vies[i] -= taxa * dvies[i]
pesos, vies = inicializa_pesos([4, 8, 3])
"""
WRITTEN = {
    "a loop at the top level": Written(LOOP, "* nonlin(l1, deriv=True)", "", "slope of sigmoid is left out"),
    "everything in main": Written(MAIN, "da1[a1 <= 0] = 0", "pass", "slope of relu is left out"),
    "a class without arguments": Written(ARTICLE, "self.input.T @ (d", "3 * self.input.T @ (d", "dW1: it is"),
    "dicts in a class": Written(DICTS, '"b{l}"] -=', '"b{l}"] +=', "wrong direction"),
    "everything in train": Written(ALL_IN_TRAIN, "* hidden * (1 - hidden)", "", "slope of sigmoid is left out"),
    "layer objects": Written(
        LAYERS, "(1 - np.tanh(self.input) ** 2)", "1", "Tanh.backward: the gradient for the input"
    ),
    "global names": Written(GLOBALS, "* a1 * (1 - a1)", "", "slope of sigmoid is left out"),
    "other words": Written(OTHER_WORDS, "delta.sum(axis=0, keepdims=True)", "delta.sum()", "one number"),
}
