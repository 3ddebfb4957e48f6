import numpy as np

# energy use of a house from (outside temp, wind, sun), one sample at a time

rng = np.random.RandomState(8)
n = 150
temp = rng.uniform(-1, 1, n)
wind = rng.uniform(0, 1, n)
sun = rng.uniform(0, 1, n)
energy = np.maximum(0.2 - temp, 0) * (1 + 0.5 * wind) - 0.4 * sun
inputs = np.stack([temp, wind, sun], axis=1)

n_hidden = 8
slope = 0.05
lr = 0.02

w_ih = rng.normal(0, 0.6, (n_hidden, 3))
b_h = np.zeros(n_hidden)
w_ho = rng.normal(0, 0.4, n_hidden)
b_o = 0.0


def lrelu(v):
    return np.where(v > 0, v, slope * v)


def lrelu_d(v):
    return np.where(v > 0, 1.0, slope)


def out(x):
    return w_ho.dot(lrelu(w_ih.dot(x) + b_h)) + b_o


def total_error():
    return 0.5 * sum((t - out(x)) ** 2 for x, t in zip(inputs, energy))


print("start", total_error())
for epoch in range(60):
    for k in rng.permutation(n):
        x = inputs[k]
        t = energy[k]

        # forward
        net_h = w_ih.dot(x) + b_h
        act_h = lrelu(net_h)
        o = w_ho.dot(act_h) + b_o

        # backward: errors point towards the target
        err_o = t - o
        err_h = err_o * w_ho * lrelu_d(net_h)

        w_ho += lr * err_o * act_h
        b_o += lr * err_o
        w_ih += lr * np.outer(err_h, x)
        b_h += lr * err_h
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "error", total_error())

print()
print(" temp  wind   sun | wanted   got")
for k in range(6):
    print("%5.2f %5.2f %5.2f | %6.3f %6.3f" % (temp[k], wind[k], sun[k], energy[k], out(inputs[k])))
