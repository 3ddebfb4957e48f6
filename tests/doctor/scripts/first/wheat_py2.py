#!/usr/bin/env python
# seeds example, python 2.7
import random
import math

random.seed(3)

N_IN = 3
N_HID = 3
N_OUT = 2


def make_data(n):
    rows = []
    for k in xrange(n):
        label = k % 2
        if label == 0:
            x = [random.gauss(1.0, 0.5), random.gauss(-0.5, 0.5), random.gauss(0.3, 0.5)]
        else:
            x = [random.gauss(-1.0, 0.5), random.gauss(0.5, 0.5), random.gauss(-0.3, 0.5)]
        rows.append((x, label))
    return rows


def new_layer(n_from, n_to):
    return [[random.uniform(-0.6, 0.6) for _ in xrange(n_from + 1)] for _ in xrange(n_to)]


def squash(z):
    return 1.0 / (1.0 + math.exp(-z))


def run_layer(layer, values):
    out = []
    for w in layer:
        z = w[-1]
        for wi, vi in zip(w[:-1], values):
            z += wi * vi
        out.append(squash(z))
    return out


def train_one(layers, x, target, rate):
    hid = run_layer(layers[0], x)
    out = run_layer(layers[1], hid)

    # 0.5 * (t - o)^2
    loss = 0.5 * sum((t - o) ** 2 for t, o in zip(target, out))

    d_out = [(t - o) * o * (1 - o) for t, o in zip(target, out)]
    d_hid = []
    for j in xrange(N_HID):
        s = 0.0
        for k in xrange(N_OUT):
            s += d_out[k] * layers[1][k][j]
        d_hid.append(s * hid[j] * (1 - hid[j]))

    deltas = [d_hid, d_out]
    for l in xrange(2):
        inputs = x
        for j in xrange(len(layers[l])):
            for i in xrange(len(inputs)):
                layers[l][j][i] += rate * deltas[l][j] * inputs[i]
            layers[l][j][-1] += rate * deltas[l][j]
    return loss


def classify(layers, x):
    out = run_layer(layers[1], run_layer(layers[0], x))
    return out.index(max(out))


if __name__ == '__main__':
    data = make_data(80)
    layers = [new_layer(N_IN, N_HID), new_layer(N_HID, N_OUT)]
    for epoch in xrange(60):
        random.shuffle(data)
        total = 0.0
        for x, label in data:
            target = [0.0] * N_OUT
            target[label] = 1.0
            total += train_one(layers, x, target, 0.3)
        if epoch % 10 == 0:
            print "epoch %d  loss %.4f" % (epoch, total)
    hits = 0
    for x, label in data:
        if classify(layers, x) == label:
            hits += 1
    print "hits:", hits, "of", len(data)
