# Réseau de neurones à deux couches cachées, colonnes = exemples
import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt


def initialisation(dimensions):
    parametres = {}
    np.random.seed(1)
    C = len(dimensions)
    for c in range(1, C):
        parametres['W' + str(c)] = np.random.randn(dimensions[c], dimensions[c - 1])
        parametres['b' + str(c)] = np.random.randn(dimensions[c], 1)
    return parametres


def propagation_avant(X, parametres):
    activations = {'A0': X}
    C = len(parametres) // 2
    for c in range(1, C + 1):
        Z = parametres['W' + str(c)].dot(activations['A' + str(c - 1)]) + parametres['b' + str(c)]
        activations['A' + str(c)] = 1 / (1 + np.exp(-Z))
    return activations


def log_perte(y, A):
    epsilon = 1e-15
    return 1 / y.size * np.sum(-y * np.log(A + epsilon) - (1 - y) * np.log(1 - A + epsilon))


def retropropagation(y, parametres, activations):
    m = y.shape[1]
    C = len(parametres) // 2
    dZ = activations['A' + str(C)] - y
    gradients = {}
    for c in reversed(range(1, C + 1)):
        gradients['dW' + str(c)] = 1 / m * np.dot(dZ, activations['A' + str(c - 1)].T)
        gradients['db' + str(c)] = 1 / m * np.sum(dZ, axis=1, keepdims=True)
        if c > 1:
            A_prec = activations['A' + str(c - 1)]
            dZ = np.dot(parametres['W' + str(c)].T, dZ) * A_prec * (1 - A_prec)
    return gradients


def mise_a_jour(gradients, parametres, taux):
    C = len(parametres) // 2
    for c in range(1, C + 1):
        parametres['W' + str(c)] = parametres['W' + str(c)] - taux * gradients['dW' + str(c)]
        parametres['b' + str(c)] = parametres['b' + str(c)] - taux * gradients['db' + str(c)]
    return parametres


def exactitude(y, A):
    return np.mean((A >= 0.5) == (y == 1))


def entrainement(X, y, couches_cachees=(8, 8), taux=0.5, n_iter=4000):
    dimensions = [X.shape[0]] + list(couches_cachees) + [y.shape[0]]
    parametres = initialisation(dimensions)
    pertes = []
    for i in range(n_iter):
        activations = propagation_avant(X, parametres)
        gradients = retropropagation(y, parametres, activations)
        parametres = mise_a_jour(gradients, parametres, taux)
        if i % 100 == 0:
            A = activations['A' + str(len(parametres) // 2)]
            pertes.append(log_perte(y, A))
        if i % 1000 == 0:
            print("itération", i, "perte", pertes[-1], "exactitude", exactitude(y, A))
    return parametres, pertes


# deux cercles
rng = np.random.RandomState(0)
angle = rng.uniform(0, 2 * np.pi, 150)
rayon = np.where(np.arange(150) % 2 == 0, 0.5, 1.2) + 0.1 * rng.randn(150)
X = np.vstack([rayon * np.cos(angle), rayon * np.sin(angle)])
y = (np.arange(150) % 2).reshape(1, -1)

parametres, pertes = entrainement(X, y)
sortie = propagation_avant(X, parametres)['A3']
print("exactitude finale :", exactitude(y, sortie))
plt.plot(pertes)
plt.title("perte")
plt.savefig("/tmp/perte.png")
