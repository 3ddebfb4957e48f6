# fit y = sin(x) with a tanh network + SGD with momentum
import numpy as np
import matplotlib.pyplot as plt

rng = np.random.default_rng(42)

x = rng.uniform(-np.pi, np.pi, size=(256, 1))
y = np.sin(x) + 0.05 * rng.standard_normal((256, 1))

N_HID = 20
lr, mu = 0.01, 0.9
batch = 32

W1 = rng.standard_normal((1, N_HID)) * 0.5
b1 = np.zeros(N_HID)
W2 = rng.standard_normal((N_HID, 1)) * 0.5
b2 = np.zeros(1)


def forward(xb):
    h = np.tanh(xb @ W1 + b1)
    return h, h @ W2 + b2


history = []
for epoch in range(400):
    perm = rng.permutation(len(x))
    for s in range(0, len(x), batch):
        idx = perm[s:s + batch]
        xb, yb = x[idx], y[idx]

        h, pred = forward(xb)

        d_pred = 2 * (pred - yb) / len(xb)
        dW2 = h.T @ d_pred
        db2 = d_pred.sum(axis=0)
        d_h = d_pred @ W2.T * (1 - h ** 2)
        dW1 = xb.T @ d_h
        db1 = d_h.sum(axis=0)

        vW1, vb1 = np.zeros_like(W1), np.zeros_like(b1)
        vW2, vb2 = np.zeros_like(W2), np.zeros_like(b2)

        vW1 = mu * vW1 - lr * dW1
        vb1 = mu * vb1 - lr * db1
        vW2 = mu * vW2 - lr * dW2
        vb2 = mu * vb2 - lr * db2

        W1 = W1 + vW1
        b1 = b1 + vb1
        W2 = W2 + vW2
        b2 = b2 + vb2

    _, full = forward(x)
    loss = np.mean((full - y) ** 2)
    history.append(loss)
    if epoch % 50 == 0:
        print(f"epoch {epoch:4d}  mse {loss:.5f}")

grid = np.linspace(-np.pi, np.pi, 200).reshape(-1, 1)
plt.scatter(x, y, s=5)
plt.plot(grid, forward(grid)[1], "r")
plt.figure()
plt.semilogy(history)
plt.show()
