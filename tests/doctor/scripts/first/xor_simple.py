import numpy as np

# learning XOR with one hidden layer

def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


X = np.array([[0, 0],
              [0, 1],
              [1, 0],
              [1, 1]])
y = np.array([[0],
              [1],
              [1],
              [0]])

np.random.seed(1)

syn0 = 2 * np.random.random((2, 4)) - 1
syn1 = 2 * np.random.random((4, 1)) - 1
bias0 = np.zeros((1, 4))
bias1 = np.zeros((1, 1))
alpha = 1.5

for j in range(12000):
    l0 = X
    l1 = nonlin(np.dot(l0, syn0) + bias0)
    l2 = nonlin(np.dot(l1, syn1) + bias1)

    l2_error = y - l2
    if j % 2000 == 0:
        print("Error:", np.mean(np.square(l2_error)))

    # how confident are we?
    l2_delta = l2_error * nonlin(l2, deriv=True)

    # how much did each l1 value contribute to the l2 error
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)

    syn1 += alpha * l1.T.dot(l2_delta)
    bias1 += alpha * np.sum(l2_delta, axis=0, keepdims=True)
    syn0 += alpha * l0.T.dot(l1_delta)
    bias0 += alpha * np.sum(l1_delta, axis=0, keepdims=True)

print("Output After Training:")
print(l2.round(3))
