# neural network with no libraries, only lists
# hiden layer + output layer, sigmoid everywhere, online learning
from math import exp
from random import seed, random, gauss


def initialize_netwrok(n_inputs, n_hiden, n_outputs):
    network = list()
    hiden_layer = [{'weigths': [random() - 0.5 for i in range(n_inputs + 1)]} for i in range(n_hiden)]
    network.append(hiden_layer)
    output_layer = [{'weigths': [random() - 0.5 for i in range(n_hiden + 1)]} for i in range(n_outputs)]
    network.append(output_layer)
    return network


def activate(weigths, inputs):
    activation = weigths[-1]
    for i in range(len(weigths) - 1):
        activation += weigths[i] * inputs[i]
    return activation


def transfer(activation):
    return 1.0 / (1.0 + exp(-activation))


def forward_propagate(network, row):
    inputs = row
    for layer in network:
        new_inputs = []
        for neuron in layer:
            neuron['output'] = transfer(activate(neuron['weigths'], inputs))
            new_inputs.append(neuron['output'])
        inputs = new_inputs
    return inputs


def transfer_derivative(output):
    return output * (1.0 - output)


def backward_propagate_error(network, expected):
    for i in reversed(range(len(network))):
        layer = network[i]
        errors = list()
        if i != len(network) - 1:
            for j in range(len(layer)):
                error = 0.0
                for neuron in network[i + 1]:
                    error += (neuron['weigths'][j] * neuron['delta'])
                errors.append(error)
        else:
            for j in range(len(layer)):
                neuron = layer[j]
                errors.append(neuron['output'] - expected[j])
        for j in range(len(layer)):
            neuron = layer[j]
            neuron['delta'] = errors[j] * transfer_derivative(neuron['output'])


def update_weigths(network, row, l_rate):
    for i in range(len(network)):
        inputs = row[:-1]
        if i != 0:
            inputs = [neuron['output'] for neuron in network[i - 1]]
        for neuron in network[i]:
            for j in range(len(inputs)):
                neuron['weigths'][j] -= l_rate * neuron['delta'] * inputs[j]
            neuron['weigths'][-1] -= l_rate * neuron['delta']


def train_network(network, train, l_rate, n_epoch, n_outputs):
    for epoch in range(n_epoch):
        sum_error = 0
        for row in train:
            outputs = forward_propagate(network, row)
            expected = [0 for i in range(n_outputs)]
            expected[row[-1]] = 1
            sum_error += sum([(expected[i] - outputs[i]) ** 2 for i in range(len(expected))])
            backward_propagate_error(network, expected)
            update_weigths(network, row, l_rate)
        if epoch % 20 == 0:
            print('>epoch=%d, lrate=%.3f, error=%.3f' % (epoch, l_rate, sum_error))


def predict(network, row):
    outputs = forward_propagate(network, row)
    return outputs.index(max(outputs))


if __name__ == '__main__':
    seed(1)
    dataset = []
    for i in range(60):
        c = i % 2
        dataset.append([gauss(1.5 if c else 3.5, 0.9), gauss(4 if c else 1, 0.9), c])
    n_inputs = len(dataset[0]) - 1
    n_outputs = len(set([row[-1] for row in dataset]))
    network = initialize_netwrok(n_inputs, 3, n_outputs)
    train_network(network, dataset, 0.5, 101, n_outputs)
    hits = sum(predict(network, row) == row[-1] for row in dataset)
    print('Accuracy: %d/%d' % (hits, len(dataset)))
