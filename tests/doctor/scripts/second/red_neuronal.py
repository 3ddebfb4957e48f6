# Red neuronal desde cero - clasificador binario
import numpy as np


class RedNeuronal:
    def __init__(self, entradas, ocultas, tasa=0.8):
        np.random.seed(21)
        self.W1 = np.random.uniform(-1, 1, (entradas, ocultas))
        self.b1 = np.zeros((1, ocultas))
        self.W2 = np.random.uniform(-1, 1, (ocultas, 1))
        self.b2 = np.zeros((1, 1))
        self.tasa = tasa

    def sigmoide(self, z):
        return 1 / (1 + np.exp(-z))

    def derivada_sigmoide(self, a):
        return a * (1 - a)

    def adelante(self, X):
        self.capa1 = self.sigmoide(np.dot(X, self.W1) + self.b1)
        self.salida = self.sigmoide(np.dot(self.capa1, self.W2) + self.b2)
        return self.salida

    def perdida(self, y):
        eps = 1e-9
        return -np.mean(y * np.log(self.salida + eps) + (1 - y) * np.log(1 - self.salida + eps))

    def atras(self, X, y):
        n = len(X)
        # capa de salida
        delta2 = (self.salida - y) / n
        self.W2 -= self.tasa * np.dot(self.capa1.T, delta2)
        self.b2 -= self.tasa * np.sum(delta2, axis=0, keepdims=True)

        # capa oculta
        delta1 = np.dot(delta2, self.W2.T) * self.derivada_sigmoide(self.capa1)
        self.W1 -= self.tasa * np.dot(X.T, delta1)
        self.b1 -= self.tasa * np.sum(delta1, axis=0, keepdims=True)

    def entrenar(self, X, y, epocas):
        historial = []
        for epoca in range(epocas):
            self.adelante(X)
            historial.append(self.perdida(y))
            self.atras(X, y)
            if epoca % 500 == 0:
                print('Epoca:', epoca, 'Perdida:', historial[-1])
        return historial

    def predecir(self, X):
        return (self.adelante(X) > 0.5).astype(int)


def crear_datos(n):
    """Dos anillos concentricos"""
    angulo = np.random.rand(n) * 2 * np.pi
    etiqueta = np.random.randint(0, 2, n)
    radio = np.where(etiqueta == 1, 1.0, 2.2) + np.random.randn(n) * 0.15
    X = np.column_stack((radio * np.cos(angulo), radio * np.sin(angulo)))
    return X, etiqueta.reshape(-1, 1)


np.random.seed(2)
X, y = crear_datos(160)
red = RedNeuronal(2, 8)
historial = red.entrenar(X, y, 3000)
exactitud = np.mean(red.predecir(X) == y)
print('Exactitud: {:.2%}'.format(exactitud))
print('Pesos de salida:\n', red.W2)
