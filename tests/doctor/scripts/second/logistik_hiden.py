import numpy as np

# exam: hours of studing and hours of sleep -> pass or fail


def make_dataset(n):
    np.random.seed(55)
    studing = np.random.uniform(0, 10, n)
    sleep = np.random.uniform(3, 10, n)
    score = 0.6 * studing + 0.5 * sleep - 0.05 * (sleep - 7) ** 2 * studing
    lable = (score + np.random.normal(0, 0.4, n) > 5.5).astype(int)
    feats = np.vstack((studing / 10, sleep / 10))
    return feats, lable.reshape(1, n)


def sigmod(x):
    return 1.0 / (1.0 + np.exp(-x))


def init_wieghts(n_in, n_hiden):
    np.random.seed(1)
    return {
        'w1': np.random.randn(n_hiden, n_in),
        'b1': np.zeros((n_hiden, 1)),
        'w2': np.random.randn(1, n_hiden),
        'b2': np.zeros((1, 1)),
    }


def foward(wieghts, x):
    hiden = np.tanh(wieghts['w1'].dot(x) + wieghts['b1'])
    pred = sigmod(wieghts['w2'].dot(hiden) + wieghts['b2'])
    return hiden, pred


def calc_loss(pred, lable):
    pred = np.clip(pred, 1e-10, 1 - 1e-10)
    return -np.mean(lable * np.log(pred) - (1 - lable) * np.log(1 - pred))


def backword(wieghts, x, lable, hiden, pred):
    m = x.shape[1]
    dz2 = (pred - lable) / m
    gradiants = {}
    gradiants['w2'] = dz2.dot(hiden.T)
    gradiants['b2'] = dz2.sum(axis=1, keepdims=True)
    dz1 = wieghts['w2'].T.dot(dz2) * (1 - hiden ** 2)
    gradiants['w1'] = dz1.dot(x.T)
    gradiants['b1'] = dz1.sum(axis=1, keepdims=True)
    return gradiants


def main():
    feats, lable = make_dataset(250)
    wieghts = init_wieghts(2, 6)
    learing_rate = 0.8
    for itter in range(2001):
        hiden, pred = foward(wieghts, feats)
        loss = calc_loss(pred, lable)
        gradiants = backword(wieghts, feats, lable, hiden, pred)
        for name in wieghts:
            wieghts[name] -= learing_rate * gradiants[name]
        if itter % 250 == 0:
            acuracy = np.mean((pred > 0.5) == lable)
            print('itter %5d   loss %.4f   acuracy %.3f' % (itter, loss, acuracy))

    student = np.array([[0.8], [0.7]])
    print('8 hours of studing, 7 of sleep:', foward(wieghts, student)[1][0, 0])


if __name__ == '__main__':
    main()
