# MNIST from scratch - kaggle digit recognizer
# download train.csv from the competition page and put it next to this file
import numpy as np
import pandas as pd

data = pd.read_csv('train.csv')
data = data.sample(frac=1, random_state=1).to_numpy()
labels = data[:, 0].astype(int)
pixels = data[:, 1:] / 255.0

X_train, X_dev = pixels[1000:], pixels[:1000]
y_train, y_dev = labels[1000:], labels[:1000]


def to_categorical(y, k=10):
    out = np.zeros((y.size, k))
    out[np.arange(y.size), y] = 1
    return out


Y_train = to_categorical(y_train)

n_hidden = 100
W1 = np.random.randn(784, n_hidden) * np.sqrt(2 / 784)
b1 = np.zeros((1, n_hidden))
W2 = np.random.randn(n_hidden, 10) * np.sqrt(2 / n_hidden)
b2 = np.zeros((1, 10))


def forward(X):
    Z1 = X.dot(W1) + b1
    A1 = np.maximum(0, Z1)
    Z2 = A1.dot(W2) + b2
    Z2 = Z2 - Z2.max(axis=1, keepdims=True)
    expZ = np.exp(Z2)
    A2 = expZ / expZ.sum(axis=1, keepdims=True)
    return Z1, A1, A2


def accuracy(X, y):
    return np.mean(forward(X)[2].argmax(axis=1) == y)


epochs = 10
batch_size = 128
learning_rate = 0.1

for epoch in range(epochs):
    perm = np.random.permutation(X_train.shape[0])
    X_train = X_train[perm]

    loss = 0.0
    for i in range(0, X_train.shape[0], batch_size):
        X = X_train[i:i + batch_size]
        Y = Y_train[i:i + batch_size]
        m = X.shape[0]

        Z1, A1, A2 = forward(X)
        loss += -np.sum(Y * np.log(A2 + 1e-8))

        dZ2 = (A2 - Y) / m
        dW2 = A1.T.dot(dZ2)
        db2 = dZ2.sum(axis=0, keepdims=True)
        dZ1 = dZ2.dot(W2.T) * (Z1 > 0)
        dW1 = X.T.dot(dZ1)
        db1 = dZ1.sum(axis=0, keepdims=True)

        W1 -= learning_rate * dW1
        b1 -= learning_rate * db1
        W2 -= learning_rate * dW2
        b2 -= learning_rate * db2

    print("Epoch %d  loss %.4f  dev acc %.4f" % (epoch + 1, loss / X_train.shape[0], accuracy(X_dev, y_dev)))
