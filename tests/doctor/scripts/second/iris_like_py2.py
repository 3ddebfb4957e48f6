#!/usr/bin/env python2
# -*- coding: utf-8 -*-
# Multi layer perceptron for a flower-like data set (python 2.7)
import numpy as np
import random


class MLP:
    def __init__(self, ni, nh, no):
        self.wi = np.random.uniform(-0.5, 0.5, (ni + 1, nh))
        self.wo = np.random.uniform(-0.5, 0.5, (nh + 1, no))
        self.ci = np.zeros(self.wi.shape)
        self.co = np.zeros(self.wo.shape)

    def feed(self, inputs):
        self.ai = np.append(inputs, 1.0)
        self.ah = np.append(np.tanh(np.dot(self.ai, self.wi)), 1.0)
        self.ao = np.tanh(np.dot(self.ah, self.wo))
        return self.ao

    def back(self, targets, N, M):
        # error terms for output
        output_deltas = (1.0 - self.ao ** 2) * (targets - self.ao)
        # error terms for hidden, the last row belongs to the bias
        error = np.dot(self.wo[:-1], output_deltas)
        hidden_deltas = (1.0 - self.ah[:-1] ** 2) * error

        change = np.outer(self.ah, output_deltas)
        self.wo += N * change + M * self.co
        self.co = N * change + M * self.co

        change = np.outer(self.ai, hidden_deltas)
        self.wi += N * change + M * self.ci
        self.ci = N * change + M * self.ci

        return 0.5 * np.sum((targets - self.ao) ** 2)

    def train(self, patterns, iterations=60, N=0.02, M=0.5):
        for i in xrange(iterations):
            error = 0.0
            random.shuffle(patterns)
            for p in patterns:
                self.feed(p[0])
                error = error + self.back(p[1], N, M)
            if i % 10 == 0:
                print 'error %-.5f' % error

    def test(self, patterns):
        ok = 0
        for p in patterns:
            if np.argmax(self.feed(p[0])) == np.argmax(p[1]):
                ok += 1
        print 'correct:', ok, 'of', len(patterns)
        return ok


def make_patterns(n):
    pats = []
    means = [[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.5, 2.0]]
    for c in xrange(3):
        for i in xrange(n):
            x = (np.array(means[c]) + 0.3 * np.random.randn(4)) - 3.0
            t = -0.9 * np.ones(3)
            t[c] = 0.9
            pats.append([x, t])
    return pats


if __name__ == '__main__':
    np.random.seed(0)
    random.seed(0)
    pats = make_patterns(40)
    n = MLP(4, 6, 3)
    n.train(pats)
    n.test(pats)
