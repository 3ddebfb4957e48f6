"""Three steps of gradient descent in PyTorch: the way back is recorded on the way forward."""

import json
from pathlib import Path

import torch
from torch import nn

SIZES, RATE, STEPS = (784, 32, 16, 10), 0.1, 3

# the data: eight digits, pixels from 0 to 1
digits = json.loads(Path(__file__).with_name("digits.json").read_text())
X = torch.tensor(digits["pixels"], dtype=torch.float64) / 255
y = torch.tensor(digits["labels"])

# the start: Linear.weight is (outputs, inputs), as W is
model = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 10)).double()
linear = [module for module in model if isinstance(module, nn.Linear)]
with torch.no_grad():
    for l, layer in enumerate(linear):
        j, i = torch.arange(SIZES[l + 1], dtype=torch.float64)[:, None], torch.arange(SIZES[l], dtype=torch.float64)
        layer.weight[...] = 0.1 * torch.sin(1 + 7 * j + 3 * i + l)
        layer.bias[...] = 0.1 * torch.cos(j[:, 0] + l)


def steps():
    loss_of = nn.CrossEntropyLoss()  # takes scores: the softmax is in it
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model(X), y)
        loss.backward()  # fills .grad of each parameter; δ is gone by now
        optimizer.step()
        dW = [layer.weight.grad.numpy().copy() for layer in linear]
        db = [layer.bias.grad.numpy().copy() for layer in linear]
        W = [layer.weight.detach().numpy() for layer in linear]
        yield loss.item(), dW, db, W, [layer.bias.detach().numpy() for layer in linear]


if __name__ == "__main__":
    for number, (loss, dW, db, W, b) in enumerate(steps(), start=1):
        print(f"step {number}   loss {loss:.12f}   dW3[0, 0] {dW[2][0, 0]:+.12f}   W1[0, 400] {W[0][0, 400]:+.12f}")
