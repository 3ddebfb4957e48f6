import math
import random

random.seed(4)

# traffic light: 3 inputs (brightness of red, yellow, green) -> 3 actions
# every sample is [inputs], [targets]
samples = []
for _ in range(90):
    k = random.randrange(3)
    brightness = [random.uniform(0, 0.4) for _ in range(3)]
    brightness[k] = random.uniform(0.6, 1.0)
    target = [0.0, 0.0, 0.0]
    target[(k + 1) % 3] = 1.0
    samples.append((brightness, target))

N_IN, N_HID, N_OUT = 3, 3, 3
RATE = 0.7

# w_hidden[j][i]: from input i to hidden j
w_hidden = [[random.uniform(-1, 1) for i in range(N_IN)] for j in range(N_HID)]
b_hidden = [random.uniform(-1, 1) for j in range(N_HID)]
# w_out[k][j]: from hidden j to output k
w_out = [[random.uniform(-1, 1) for j in range(N_HID)] for k in range(N_OUT)]
b_out = [random.uniform(-1, 1) for k in range(N_OUT)]


def squash(v):
    return 1.0 / (1.0 + math.exp(-v))


def feed_forward(x):
    hidden = []
    for j in range(N_HID):
        s = b_hidden[j]
        for i in range(N_IN):
            s += w_hidden[j][i] * x[i]
        hidden.append(squash(s))
    output = []
    for k in range(N_OUT):
        s = b_out[k]
        for j in range(N_HID):
            s += w_out[k][j] * hidden[j]
        output.append(squash(s))
    return hidden, output


def error(x, t):
    _, o = feed_forward(x)
    return sum(0.5 * (t[k] - o[k]) ** 2 for k in range(N_OUT))


def train(x, t):
    hidden, output = feed_forward(x)

    # 1. output deltas
    d_out = [0.0] * N_OUT
    for k in range(N_OUT):
        d_out[k] = -(t[k] - output[k]) * output[k] * (1 - output[k])

    # 2. hidden deltas
    d_hid = [0.0] * N_HID
    for j in range(N_HID):
        total = 0.0
        for k in range(N_OUT):
            total += d_out[k] * w_out[j][k]
        d_hid[j] = total * hidden[j] * (1 - hidden[j])

    # 3. output weights
    for k in range(N_OUT):
        for j in range(N_HID):
            w_out[k][j] -= RATE * d_out[k] * hidden[j]
        b_out[k] -= RATE * d_out[k]

    # 4. hidden weights
    for j in range(N_HID):
        for i in range(N_IN):
            w_hidden[j][i] -= RATE * d_hid[j] * x[i]
        b_hidden[j] -= RATE * d_hid[j]


for epoch in range(301):
    random.shuffle(samples)
    for x, t in samples:
        train(x, t)
    if epoch % 50 == 0:
        print(epoch, round(sum(error(x, t) for x, t in samples), 6))

right = 0
for x, t in samples:
    _, o = feed_forward(x)
    if o.index(max(o)) == t.index(1.0):
        right += 1
print("right:", right, "out of", len(samples))
