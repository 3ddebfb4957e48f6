import numpy as np

# my first nueral network, predicts one of 4 quadrents

np.random.seed(99)
learing_rate = 0.5
num_iteratons = 1500

inputt = np.random.uniform(-1, 1, (160, 2))
lable = (inputt[:, 0] > 0).astype(int) * 2 + (inputt[:, 1] > 0).astype(int)
targt = np.zeros((160, 4))
for i in range(160):
    targt[i][lable[i]] = 1

wieghts1 = np.random.randn(9, 2)
biass1 = np.zeros(9)
wieghts2 = np.random.randn(4, 9)
biass2 = np.zeros(4)


def sigmiod(x):
    return 1 / (1 + np.exp(-x))


def foward(x):
    global hiden_sum, hiden_out, final_sum, final_out
    hiden_sum = x.dot(wieghts1.T) + biass1
    hiden_out = sigmiod(hiden_sum)
    final_sum = hiden_out.dot(wieghts2.T) + biass2
    final_out = sigmiod(final_sum)
    return final_out


def calc_eror(output, wanted):
    # binary crossentropy for all 4 outputs
    return -(wanted * np.log(output) + (1 - wanted) * np.log(1 - output)).sum() / len(wanted)


def backprob(x, wanted):
    global wieghts1, biass1, wieghts2, biass2
    dfinal = (final_out - wanted) / len(x)
    dwieghts2 = dfinal.T.dot(hiden_out)
    dbiass2 = dfinal.sum(axis=0)
    dhiden = dfinal.dot(wieghts2)
    dhiden = dhiden * sigmiod(hiden_sum) * (1 - sigmiod(hiden_sum))
    dwieghts1 = dhiden.T.dot(x)
    dbiass1 = dhiden.sum(axis=0)

    wieghts1 -= learing_rate * dwieghts1
    biass1 -= learing_rate * dbiass1
    wieghts2 -= learing_rate * dwieghts2
    biass2 -= learing_rate * dbiass2


for iteraton in range(num_iteratons):
    foward(inputt)
    if iteraton % 300 == 0:
        print("iteraton", iteraton, "eror", calc_eror(final_out, targt))
    backprob(inputt, targt)

predicton = foward(inputt).argmax(axis=1)
print("acuracy:", (predicton == lable).mean() * 100, "%")
np.save("/tmp/wieghts1.npy", wieghts1)
