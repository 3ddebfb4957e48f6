# -*- coding: utf-8 -*-
# Red neuronal desde cero para la compuerta XOR
import numpy as np


def sigmoide(x):
    return 1.0 / (1.0 + np.exp(-x))


def sigmoide_derivada(x):
    s = sigmoide(x)
    return s * (1.0 - s)


def tangente(x):
    return np.tanh(x)


def tangente_derivada(x):
    return 1.0 - np.tanh(x) ** 2


class RedNeuronal:

    def __init__(self, entradas, ocultas, salidas, tasa=0.4):
        np.random.seed(10)
        self.pesos_ocultos = np.random.uniform(-1, 1, (entradas, ocultas))
        self.sesgo_oculto = np.zeros((1, ocultas))
        self.pesos_salida = np.random.uniform(-1, 1, (ocultas, salidas))
        self.sesgo_salida = np.zeros((1, salidas))
        self.tasa = tasa

    def propagar(self, X):
        self.suma_oculta = np.dot(X, self.pesos_ocultos) + self.sesgo_oculto
        self.oculta = tangente(self.suma_oculta)
        self.suma_salida = np.dot(self.oculta, self.pesos_salida) + self.sesgo_salida
        self.salida = sigmoide(self.suma_salida)
        return self.salida

    def costo(self, Y):
        # medio error cuadratico
        return 0.5 * np.sum((Y - self.salida) ** 2)

    def retropropagar(self, X, Y):
        error = self.salida - Y
        delta_salida = error * sigmoide_derivada(self.suma_salida)
        delta_oculta = np.dot(delta_salida, self.pesos_salida.T) * tangente_derivada(self.suma_oculta)

        grad_pesos_salida = np.dot(self.oculta.T, delta_salida)
        grad_sesgo_salida = np.sum(delta_salida, axis=0, keepdims=True)
        grad_pesos_ocultos = np.dot(X.T, delta_oculta)
        grad_sesgo_oculto = np.sum(delta_oculta, axis=0, keepdims=True)

        self.pesos_salida -= self.tasa * grad_pesos_salida
        self.sesgo_salida -= self.tasa * grad_sesgo_salida
        self.pesos_ocultos -= self.tasa * grad_pesos_ocultos
        self.sesgo_oculto -= self.tasa * grad_sesgo_oculto

    def entrenar(self, X, Y, epocas=5000):
        for epoca in range(epocas):
            self.propagar(X)
            if epoca % 1000 == 0:
                print("época", epoca, "costo", self.costo(Y))
            self.retropropagar(X, Y)


X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
Y = np.array([[0], [1], [1], [0]], dtype=float)

red = RedNeuronal(2, 4, 1)
red.entrenar(X, Y)
print("Predicciones:")
for entrada, prediccion in zip(X, red.propagar(X)):
    print(entrada, "->", prediccion[0].round(3))
