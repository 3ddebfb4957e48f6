import numpy as np

# A neural network in 11 lines, somewhat longer because I added comments,
# a bias unit as a fourth input column, and a prediction at the end.

def nonlin(x, deriv=False):
    if deriv == True:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


# every row is one training example, last column is always 1
X = np.array([[0, 0, 0, 1],
              [0, 0, 1, 1],
              [0, 1, 0, 1],
              [0, 1, 1, 1],
              [1, 0, 0, 1],
              [1, 0, 1, 1],
              [1, 1, 0, 1],
              [1, 1, 1, 1]])

# xor of the first two
y = np.array([[0, 0, 1, 1, 1, 1, 0, 0]]).T

np.random.seed(1)

# weights with mean 0
syn0 = 2 * np.random.random((4, 6)) - 1
syn1 = 2 * np.random.random((6, 1)) - 1

for j in range(12000):

    # feed forward through layers 0, 1, and 2
    l0 = X
    l1 = nonlin(np.dot(l0, syn0))
    l2 = nonlin(np.dot(l1, syn1))

    # how much did we miss the target value?
    l2_error = y - l2

    if (j % 3000) == 0:
        print("Error:" + str(np.mean(np.abs(l2_error))))

    # in what direction is the target value?
    l2_delta = l2_error * nonlin(l2, deriv=True)

    # how much did each l1 value contribute to the l2 error?
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)

    syn1 += l1.T.dot(l2_delta)
    syn0 += l0.T.dot(l1_delta)

print("Output After Training:")
print(l2)

# a new one: [1, 0, 1]
test = np.array([1, 0, 1, 1])
print("[1, 0, 1] ->", nonlin(np.dot(nonlin(np.dot(test, syn0)), syn1)))
