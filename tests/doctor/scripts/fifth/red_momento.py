# -*- coding: utf-8 -*-
"""
Red neuronal desde cero para clasificar vinos (3 clases).
Práctica 3 - Aprendizaje Automático
"""
import numpy as np
from sklearn.datasets import load_wine

# ---------- funciones de activación ----------


def relu(z):
    return np.maximum(0, z)


def derivada_relu(z):
    return (z > 0).astype(float)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# ---------- datos ----------
def cargar_datos(proporcion=0.75, semilla=5):
    vino = load_wine()
    X = (vino.data - vino.data.mean(axis=0)) / vino.data.std(axis=0)
    Y = np.eye(3)[vino.target]
    rng = np.random.RandomState(semilla)
    indices = rng.permutation(len(X))
    corte = int(proporcion * len(X))
    ent, pru = indices[:corte], indices[corte:]
    return X[ent], Y[ent], X[pru], Y[pru]


# ---------- red ----------
def crear_red(topologia):
    red = []
    for entradas, salidas in zip(topologia[:-1], topologia[1:]):
        red.append({
            'pesos': np.random.randn(entradas, salidas) * np.sqrt(2.0 / entradas),
            'sesgo': np.zeros((1, salidas)),
        })
    return red


def propagar(red, X):
    salidas = [(None, X)]
    for i, capa in enumerate(red):
        z = salidas[-1][1] @ capa['pesos'] + capa['sesgo']
        a = softmax(z) if i == len(red) - 1 else relu(z)
        salidas.append((z, a))
    return salidas


def coste(prediccion, Y):
    return -np.mean(np.sum(Y * np.log(prediccion + 1e-12), axis=1))


def retropropagar(red, salidas, Y):
    gradientes = [None] * len(red)
    delta = (salidas[-1][1] - Y) / Y.shape[0]
    for i in range(len(red) - 1, -1, -1):
        entrada = salidas[i][1]
        gradientes[i] = {
            'pesos': entrada.T @ delta,
            'sesgo': delta.sum(axis=0, keepdims=True),
        }
        if i > 0:
            delta = (delta @ red[i]['pesos'].T) * derivada_relu(salidas[i][0])
    return gradientes


def actualizar(red, gradientes, tasa, momento=0.9):
    velocidad = [{'pesos': np.zeros_like(c['pesos']), 'sesgo': np.zeros_like(c['sesgo'])} for c in red]
    for capa, grad, v in zip(red, gradientes, velocidad):
        for nombre in ('pesos', 'sesgo'):
            v[nombre] = momento * v[nombre] - tasa * grad[nombre]
            capa[nombre] += v[nombre]


def precision(red, X, Y):
    prediccion = propagar(red, X)[-1][1]
    return np.mean(prediccion.argmax(axis=1) == Y.argmax(axis=1))


def entrenar(red, X, Y, epocas=200, tasa=0.01, lote=16):
    historial = []
    for epoca in range(epocas):
        orden = np.random.permutation(len(X))
        for inicio in range(0, len(X), lote):
            ind = orden[inicio:inicio + lote]
            salidas = propagar(red, X[ind])
            gradientes = retropropagar(red, salidas, Y[ind])
            actualizar(red, gradientes, tasa)
        c = coste(propagar(red, X)[-1][1], Y)
        historial.append(c)
        if epoca % 20 == 0:
            print(f'Época {epoca:4d} | coste {c:.4f} | precisión {precision(red, X, Y):.3f}')
    return historial


if __name__ == '__main__':
    np.random.seed(10)
    X_ent, Y_ent, X_pru, Y_pru = cargar_datos()
    red = crear_red([13, 20, 10, 3])
    entrenar(red, X_ent, Y_ent)
    print('Precisión en prueba:', precision(red, X_pru, Y_pru))
