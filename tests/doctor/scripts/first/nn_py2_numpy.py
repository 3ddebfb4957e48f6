# python 2 script -- run with: python2 nn_py2_numpy.py
import numpy as np
import cPickle as pickle

np.random.seed(42)

# toy problem: is the sum of three bits odd?
X = np.array([[int(c) for c in '{0:03b}'.format(i)] for i in xrange(8)], dtype=float)
T = (X.sum(axis=1) % 2).reshape(-1, 1)

# append ones column so the bias is just another weight
Xb = np.hstack([X, np.ones((8, 1))])

H = 10
Wh = np.random.randn(4, H) * 0.8
Wo = np.random.randn(H + 1, 1) * 0.8

eta = 0.1
history = []

for it in xrange(6000):
    # forward
    hid = np.tanh(np.dot(Xb, Wh))
    hidb = np.hstack([hid, np.ones((8, 1))])
    net = np.dot(hidb, Wo)
    out = 1.0 / (1.0 + np.exp(-net))

    # cross entropy, summed over the 8 patterns
    E = -np.sum(T * np.log(out) + (1.0 - T) * np.log(1.0 - out))
    history.append(E)

    # backward
    delta_o = out - T
    grad_o = np.dot(hidb.T, delta_o)
    back = np.dot(delta_o, Wo[:-1].T)
    delta_h = back * (1.0 - hid * hid)
    grad_h = np.dot(Xb.T, delta_h)

    # step
    Wo -= eta * grad_o
    Wh -= eta * grad_h

    if it % 1000 == 0:
        print "iter", it, "E =", E

print "final error", history[-1]
for i in xrange(8):
    print X[i], T[i, 0], "%.3f" % out[i, 0]

f = open('weights.pkl', 'wb')
pickle.dump((Wh, Wo), f)
f.close()
