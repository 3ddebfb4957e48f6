import numpy as np
np.random.seed(17)

# House price (in 100k) from size, rooms, age and distance. Everything standardized.
size = np.random.normal(120, 30, 180)
rooms = np.round(size / 30 + np.random.normal(0, 0.7, 180))
age = np.random.uniform(0, 60, 180)
dist = np.random.uniform(0, 20, 180)
price = 0.8 + 0.018 * size + 0.1 * rooms - 0.01 * age - 0.004 * dist ** 1.5
price = price + np.random.normal(0, 0.1, 180)

X = np.column_stack([size, rooms, age, dist])
Y = price.reshape(-1, 1)

X_train, Y_train = X[:140], Y[:140]
X_test, Y_test = X[140:], Y[140:]
x_mean, x_std = X_train.mean(axis=0), X_train.std(axis=0)
y_mean, y_std = Y_train.mean(), Y_train.std()
X_train, X_test = (X_train - x_mean) / x_std, (X_test - x_mean) / x_std
Y_train, Y_test = (Y_train - y_mean) / y_std, (Y_test - y_mean) / y_std

hidden = 12
W1 = np.random.randn(4, hidden) * np.sqrt(2. / 4)
b1 = np.zeros((1, hidden))
W2 = np.random.randn(hidden, 1) * np.sqrt(2. / hidden)
b2 = np.zeros((1, 1))
vW1 = np.zeros_like(W1)
vb1 = np.zeros_like(b1)
vW2 = np.zeros_like(W2)
vb2 = np.zeros_like(b2)

lr = 0.01
mu = 0.9
epochs = 400
losses = []

for epoch in range(epochs):
    Z1 = X_train.dot(W1) + b1
    A1 = np.maximum(0, Z1)
    Y_hat = A1.dot(W2) + b2

    loss = np.mean((Y_hat - Y_train) ** 2)
    losses.append(loss)

    m = X_train.shape[0]
    dY = 2 * (Y_hat - Y_train) / m
    dW2 = A1.T.dot(dY)
    db2 = np.sum(dY, axis=0, keepdims=True)
    dZ1 = dY.dot(W2.T)
    dZ1[Z1 <= 0] = 0
    dW1 = X_train.T.dot(dZ1)
    db1 = np.sum(dZ1, axis=0, keepdims=True)

    vW1 = mu * vW1 - lr * dW1
    vb1 = mu * vb1 - lr * db1
    vW2 = mu * vW2 - lr * dW2
    vb2 = mu * vb2 - lr * db2

    W1 += vW1
    b1 += vb2
    W2 += vW2
    b2 += vb2

    if epoch % 50 == 0:
        print('Epoch', epoch, 'loss', round(float(loss), 5))


def predict(x):
    return np.maximum(0, x.dot(W1) + b1).dot(W2) + b2


test_mse = np.mean((predict(X_test) - Y_test) ** 2)
print('Test MSE:', test_mse)
ss_res = np.sum((predict(X_test) - Y_test) ** 2)
ss_tot = np.sum((Y_test - Y_test.mean()) ** 2)
print('R2:', 1 - ss_res / ss_tot)
