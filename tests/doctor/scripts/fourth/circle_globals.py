from numpy import *

# learn if a point is inside of the circle
random.seed(11)

nIn = 2
nHiden = 6
LR = 0.1
BATCH = 20

w1 = random.uniform(-1, 1, (nHiden, nIn))
bias1 = zeros(nHiden)
w2 = random.uniform(-1, 1, nHiden)
bias2 = 0.0

gw1 = zeros((nHiden, nIn))
gbias1 = zeros(nHiden)
gw2 = zeros(nHiden)
gbias2 = 0.0

hid = None
out = None

def sig(v):
    return 1 / (1 + exp(-v))

def forwardPass(p):
    global hid, out
    hid = tanh(w1.dot(p) + bias1)
    out = sig(w2.dot(hid) + bias2)
    return out

def backwardPass(p, target):
    global gw1, gbias1, gw2, gbias2
    dOut = out - target
    dHid = dOut * w2 * (1 - hid * hid)
    gw2 += dOut * hid
    gbias2 += dOut
    gw1 += outer(dHid, p)
    gbias1 += dHid

def updateWieghts():
    global w1, bias1, w2, bias2
    w1 -= LR * gw1 / BATCH
    bias1 -= LR * gbias1 / BATCH
    w2 -= LR * gw2 / BATCH
    bias2 -= LR * gbias2 / BATCH

points = random.uniform(-1, 1, (400, 2))
labels = (points[:, 0] ** 2 + points[:, 1] ** 2 < 0.5).astype(float)

for epoch in range(60):
    cost = 0
    right = 0
    order = random.permutation(len(points))
    count = 0
    for i in order:
        o = forwardPass(points[i])
        cost -= labels[i] * log(o + 1e-12) + (1 - labels[i]) * log(1 - o + 1e-12)
        right += (o > 0.5) == (labels[i] == 1)
        backwardPass(points[i], labels[i])
        count += 1
        if count == BATCH:
            updateWieghts()
            count = 0
    if epoch % 10 == 0:
        print("epoch", epoch, "cost", cost / len(points), "right", right, "of", len(points))
