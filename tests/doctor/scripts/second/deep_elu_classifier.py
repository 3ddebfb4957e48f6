import numpy as np
import copy

# 3-layer model: LINEAR->ELU->LINEAR->ELU->LINEAR->SIGMOID


def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))
    return A, Z


def elu(Z):
    A = np.where(Z > 0, Z, np.exp(np.minimum(Z, 0)) - 1)
    return A, Z


def elu_backward(dA, Z):
    return dA * np.where(Z > 0, 1, np.exp(np.minimum(Z, 0)))


def initialize_parameters_deep(layer_dims):
    np.random.seed(3)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters['W' + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) / np.sqrt(layer_dims[l - 1])
        parameters['b' + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters


def model_forward(X, parameters):
    Z1 = parameters['W1'] @ X + parameters['b1']
    A1, _ = elu(Z1)
    Z2 = parameters['W2'] @ A1 + parameters['b2']
    A2, _ = elu(Z2)
    Z3 = parameters['W3'] @ A2 + parameters['b3']
    A3, _ = sigmoid(Z3)
    caches = (X, Z1, A1, Z2, A2, Z3, A3)
    return A3, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = (-1 / m) * np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))
    return float(np.squeeze(cost))


def model_backward(Y, caches, parameters):
    X, Z1, A1, Z2, A2, Z3, A3 = caches
    m = X.shape[1]
    grads = {}

    dZ3 = A3 - Y
    grads['dW3'] = 1 / m * np.dot(dZ3, A2.T)
    grads['db3'] = 1 / m * np.sum(dZ3, axis=1, keepdims=True)

    dA2 = np.dot(parameters['W3'].T, dZ3)
    dZ2 = elu_backward(dA2, Z2)
    grads['dW2'] = 1 / m * np.dot(dZ2, A1.T)
    grads['db2'] = 1 / m * np.sum(dZ2)

    dA1 = np.dot(parameters['W2'].T, dZ2)
    dZ1 = elu_backward(dA1, Z1)
    grads['dW1'] = 1 / m * np.dot(dZ1, X.T)
    grads['db1'] = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return grads


def update_parameters(params, grads, learning_rate):
    parameters = copy.deepcopy(params)
    L = len(parameters) // 2
    for l in range(L):
        parameters["W" + str(l + 1)] = params["W" + str(l + 1)] - learning_rate * grads["dW" + str(l + 1)]
        parameters["b" + str(l + 1)] = params["b" + str(l + 1)] - learning_rate * grads["db" + str(l + 1)]
    return parameters


def L_layer_model(X, Y, layers_dims, learning_rate=0.1, num_iterations=1500, print_cost=True):
    costs = []
    parameters = initialize_parameters_deep(layers_dims)
    for i in range(num_iterations):
        AL, caches = model_forward(X, parameters)
        cost = compute_cost(AL, Y)
        grads = model_backward(Y, caches, parameters)
        parameters = update_parameters(parameters, grads, learning_rate)
        if print_cost and i % 300 == 0:
            print("Cost after iteration {}: {}".format(i, cost))
            costs.append(cost)
    return parameters, costs


if __name__ == '__main__':
    np.random.seed(10)
    X = np.random.randn(3, 240)
    noise = 0.5 * np.random.randn(240)
    Y = ((X[0] ** 2 + X[1] - 0.5 * X[2] + noise) > 0.7).astype(float).reshape(1, -1)
    train_X, train_Y = X[:, :200], Y[:, :200]
    test_X, test_Y = X[:, 200:], Y[:, 200:]
    parameters, costs = L_layer_model(train_X, train_Y, [3, 8, 5, 1])
    for name, (xx, yy) in {'train': (train_X, train_Y), 'test': (test_X, test_Y)}.items():
        p, _ = model_forward(xx, parameters)
        print(name, 'accuracy:', np.mean((p > 0.5) == yy))
