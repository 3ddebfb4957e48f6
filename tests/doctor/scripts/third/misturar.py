"""Rede com uma camada oculta para os dígitos (8x8), mini-lotes.
Escrito para a disciplina de aprendizado de máquina."""
import numpy as np
from sklearn.datasets import load_digits


def carregar():
    d = load_digits()
    X = d.data / 16.0
    y = d.target
    return X[:1400], y[:1400], X[1400:], y[1400:]


def iniciar(n_ent, n_oc, n_sai, gerador):
    return {
        "pesos1": gerador.normal(0, 1 / np.sqrt(n_ent), (n_oc, n_ent)),
        "vies1": np.zeros((n_oc, 1)),
        "pesos2": gerador.normal(0, 1 / np.sqrt(n_oc), (n_sai, n_oc)),
        "vies2": np.zeros((n_sai, 1)),
    }


def sigmoide(z):
    return 1 / (1 + np.exp(-z))


def propagar(par, X):
    z1 = par["pesos1"] @ X.T + par["vies1"]
    a1 = sigmoide(z1)
    z2 = par["pesos2"] @ a1 + par["vies2"]
    e = np.exp(z2 - z2.max(axis=0, keepdims=True))
    a2 = e / e.sum(axis=0, keepdims=True)
    return a1, a2


def custo(a2, y):
    return -np.mean(np.log(a2[y, np.arange(y.size)] + 1e-12))


def retropropagar(par, X, y, a1, a2):
    m = y.size
    alvo = np.zeros_like(a2)
    alvo[y, np.arange(m)] = 1
    d2 = a2 - alvo
    g = {}
    g["pesos2"] = d2 @ a1.T / m
    g["vies2"] = d2.sum(axis=1, keepdims=True) / m
    d1 = (par["pesos2"].T @ d2) * a1 * (1 - a1)
    g["pesos1"] = d1 @ X / m
    g["vies1"] = d1.sum(axis=1, keepdims=True) / m
    return g


def acuracia(par, X, y):
    return np.mean(propagar(par, X)[1].argmax(axis=0) == y)


def treinar(X, y, epocas=25, taxa=1.0, lote=50):
    gerador = np.random.default_rng(3)
    par = iniciar(64, 40, 10, gerador)
    for ep in range(epocas):
        # embaralhar a cada época
        X = X[gerador.permutation(len(X))]
        y = y[gerador.permutation(len(y))]
        soma = 0
        for i in range(0, len(X), lote):
            xb, yb = X[i:i + lote], y[i:i + lote]
            a1, a2 = propagar(par, xb)
            soma += custo(a2, yb) * len(yb)
            g = retropropagar(par, xb, yb, a1, a2)
            for nome in par:
                par[nome] -= taxa * g[nome]
        print(f"época {ep:2d} custo {soma / len(X):.4f}")
    return par


if __name__ == "__main__":
    Xtr, ytr, Xte, yte = carregar()
    par = treinar(Xtr, ytr)
    print("acurácia treino", acuracia(par, Xtr, ytr))
    print("acurácia teste ", acuracia(par, Xte, yte))
