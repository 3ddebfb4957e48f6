import numpy as np

np.random.seed(21)


def activaton(z):
    return np.tanh(z)


def activaton_grad(a):
    return 1 - a * a


def sofmax(z):
    ez = np.exp(z - z.max(axis=1, keepdims=True))
    return ez / ez.sum(axis=1, keepdims=True)


def init_wieghts(n_in, n_hiden, n_out):
    params = {}
    params["w1"] = np.random.randn(n_in, n_hiden) / np.sqrt(n_in)
    params["b1"] = np.zeros((1, n_hiden))
    params["w2"] = np.random.randn(n_hiden, n_hiden) / np.sqrt(n_hiden)
    params["b2"] = np.zeros((1, n_hiden))
    params["w3"] = np.random.randn(n_hiden, n_out) / np.sqrt(n_hiden)
    params["b3"] = np.zeros((1, n_out))
    return params


def feed_foward(x, params):
    a1 = activaton(np.dot(x, params["w1"]) + params["b1"])
    a2 = activaton(np.dot(a1, params["w2"]) + params["b2"])
    probs = sofmax(np.dot(a2, params["w3"]) + params["b3"])
    return a1, a2, probs


def calc_loss(probs, lables):
    n = len(lables)
    return -np.sum(np.log(probs[np.arange(n), lables])) / n


def calc_gradiants(x, lables, params):
    n = len(lables)
    a1, a2, probs = feed_foward(x, params)
    delta3 = probs.copy()
    delta3[np.arange(n), lables] -= 1
    delta3 /= n
    delta2 = np.dot(delta3, params["w3"].T) * activaton_grad(a2)
    delta1 = np.dot(delta2, params["w2"]) * activaton_grad(a1)

    gradiants = {}
    gradiants["w3"] = np.dot(a2.T, delta3)
    gradiants["b3"] = np.sum(delta3, axis=0, keepdims=True)
    gradiants["w2"] = np.dot(a1.T, delta2)
    gradiants["b2"] = np.sum(delta2, axis=0, keepdims=True)
    gradiants["w1"] = np.dot(x.T, delta1)
    gradiants["b1"] = np.sum(delta1, axis=0, keepdims=True)
    return gradiants, calc_loss(probs, lables)


def trian(x, lables, epocs=800, learnin_rate=0.3):
    params = init_wieghts(x.shape[1], 12, lables.max() + 1)
    for epoc in range(epocs):
        gradiants, loss = calc_gradiants(x, lables, params)
        for key in params:
            params[key] = params[key] - learnin_rate * gradiants[key]
        if epoc % 100 == 0:
            print("epoc", epoc, "loss", loss)
    return params


# made up flowers: 4 mesurements, 3 kinds
centers = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.5, 2.0]])
lables = np.repeat(np.arange(3), 40)
x = centers[lables] + 0.3 * np.random.randn(120, 4)
x = (x - x.mean(axis=0)) / x.std(axis=0)

params = trian(x, lables)
_, _, probs = feed_foward(x, params)
print("acuracy", np.mean(probs.argmax(axis=1) == lables))
