# -*- coding: utf-8 -*-
"""Rede neural simples para regressao (aproximar uma funcao seno)
com gradiente descendente e momento.  Trabalho 2 da disciplina."""
import numpy as np


def gerar_dados(n=120, semente=4):
    rng = np.random.RandomState(semente)
    x = rng.uniform(-3, 3, size=(n, 1))
    y = np.sin(x) + 0.1 * x ** 2 + rng.normal(0, 0.05, size=(n, 1))
    return x, y


def inicializar(n_entrada, n_oculta, n_saida):
    rng = np.random.RandomState(0)
    pesos = {}
    pesos['W1'] = rng.randn(n_entrada, n_oculta) * 0.5
    pesos['b1'] = np.zeros((1, n_oculta))
    pesos['W2'] = rng.randn(n_oculta, n_saida) * 0.5
    pesos['b2'] = np.zeros((1, n_saida))
    return pesos


def propagar(pesos, x):
    soma = np.dot(x, pesos['W1']) + pesos['b1']
    oculta = np.tanh(soma)
    saida = np.dot(oculta, pesos['W2']) + pesos['b2']
    return oculta, saida


def erro_quadratico(saida, y):
    return np.mean((saida - y) ** 2)


def retropropagar(pesos, x, y, oculta, saida):
    n = x.shape[0]
    d_saida = 2.0 * (saida - y) / n
    grad = {}
    grad['W2'] = np.dot(oculta.T, d_saida)
    grad['b2'] = np.sum(d_saida, axis=0, keepdims=True)
    d_oculta = np.dot(d_saida, pesos['W2'].T) * (1.0 - oculta ** 2)
    grad['W1'] = np.dot(x.T, d_oculta)
    grad['b1'] = np.sum(d_oculta, axis=0, keepdims=True)
    return grad


def main():
    taxa = 0.02
    momento = 0.9
    epocas = 3000
    x, y = gerar_dados()
    pesos = inicializar(1, 12, 1)
    velocidade = {}
    for k in pesos:
        velocidade[k] = np.zeros_like(pesos[k])

    for epoca in range(epocas):
        oculta, saida = propagar(pesos, x)
        erro = erro_quadratico(saida, y)
        grad = retropropagar(pesos, x, y, oculta, saida)
        for k in pesos:
            velocidade[k] = momento * velocidade[k] - taxa * grad[k]
            pesos[k] = pesos[k] + velocidade[k]
        if epoca % 500 == 0:
            print('epoca %d  erro %.5f' % (epoca, erro))

    _, saida = propagar(pesos, x)
    print('erro final: %.5f' % erro_quadratico(saida, y))
    for i in range(5):
        print('x=%.2f  esperado=%.3f  previsto=%.3f' % (x[i, 0], y[i, 0], saida[i, 0]))


if __name__ == '__main__':
    main()
