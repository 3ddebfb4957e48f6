import numpy as np
from torchvision import datasets


def prepare(train):
    ds = datasets.FashionMNIST(root='./data', train=train, download=True)
    images = np.asarray(ds.data, dtype=np.float64)
    images = images.reshape(len(images), -1) / 255.0
    labels = np.asarray(ds.targets)
    return images, labels


class Net:
    def __init__(self, in_dim, hid_dim, out_dim):
        self.W1 = np.random.randn(in_dim, hid_dim) * np.sqrt(2 / in_dim)
        self.b1 = np.zeros((1, hid_dim))
        self.W2 = np.random.randn(hid_dim, out_dim) * np.sqrt(2 / hid_dim)
        self.b2 = np.zeros((1, out_dim))

    def relu(self, x):
        return x * (x > 0)

    def softmax(self, x):
        e_x = np.exp(x - np.max(x))
        return e_x / e_x.sum(axis=0)

    def forward(self, x):
        self.x = x
        self.z1 = x @ self.W1 + self.b1
        self.a1 = self.relu(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        self.yhat = self.softmax(self.z2)
        return self.yhat

    def loss(self, y_onehot):
        return -np.mean(np.sum(y_onehot * np.log(self.yhat + 1e-10), axis=1))

    def backward(self, y_onehot):
        batch = y_onehot.shape[0]
        dz2 = (self.yhat - y_onehot) / batch
        grads = {}
        grads['W2'] = self.a1.T @ dz2
        grads['b2'] = np.sum(dz2, axis=0, keepdims=True)
        da1 = dz2 @ self.W2.T
        dz1 = da1 * (self.z1 > 0)
        grads['W1'] = self.x.T @ dz1
        grads['b1'] = np.sum(dz1, axis=0, keepdims=True)
        return grads

    def step(self, grads, lr):
        for name, g in grads.items():
            setattr(self, name, getattr(self, name) - lr * g)


def run(epochs=5, batch_size=64, lr=0.1):
    np.random.seed(0)
    X, y = prepare(train=True)
    X_test, y_test = prepare(train=False)
    Y = np.eye(10)[y]
    net = Net(X.shape[1], 64, 10)
    for epoch in range(epochs):
        perm = np.random.permutation(len(X))
        X_p, Y_p = X[perm], Y[perm]
        for i in range(0, len(X), batch_size):
            xb, yb = X_p[i:i + batch_size], Y_p[i:i + batch_size]
            net.forward(xb)
            loss = net.loss(yb)
            grads = net.backward(yb)
            net.step(grads, lr)
        pred = net.forward(X_test).argmax(axis=1)
        print(f"Epoch {epoch + 1}: loss {loss:.4f}, test acc {np.mean(pred == y_test):.4f}")
    return net


if __name__ == "__main__":
    run()
