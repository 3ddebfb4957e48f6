"""neural-network-digits to 97 %: its own train_step, given a rate at each call; it has no clipping."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is loaded; two threads are slower here

import idx
import numpy as np
from nn_digits.neural_net.network import NeuralNetwork

EPOCHS, RATE, MOMENTUM, DECAY = 6, 0.05, 0.9, 0.001

folder, seed = idx.arguments()
X, y = idx.load(folder, "train")
X = X.astype(np.float32) / np.float32(255)
Y = np.eye(10, dtype=np.float32)[y]
net = NeuralNetwork((784, 32, 16, 10), seed=seed)
rng = np.random.default_rng(seed)
step, total = 0, EPOCHS * -(-len(X) // idx.BATCH)
for _ in range(EPOCHS):
    order = rng.permutation(len(X))
    for first in range(0, len(X), idx.BATCH):
        rows = order[first : first + idx.BATCH]
        net.train_step(X[rows], Y[rows], RATE * idx.warmup_cosine(step / total), momentum=MOMENTUM, l2=DECAY)
        step += 1

X, y = idx.load(folder, "t10k")
print(float((net.predict(X.astype(np.float32) / np.float32(255)).argmax(axis=1) == y).mean()))
