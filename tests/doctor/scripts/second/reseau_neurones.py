# -*- coding: utf-8 -*-
import numpy as np


class ReseauNeurones:
    """Perceptron multicouche, fonction d'activation tanh, etiquettes -1 / +1."""

    def __init__(self, tailles, pas=0.1, graine=5):
        alea = np.random.RandomState(graine)
        self.pas = pas
        self.poids = []
        self.biais = []
        for entree, sortie in zip(tailles[:-1], tailles[1:]):
            self.poids.append(alea.randn(sortie, entree) / np.sqrt(entree))
            self.biais.append(np.zeros((sortie, 1)))

    def propagation_avant(self, x):
        self.sorties = [x]
        for P, b in zip(self.poids, self.biais):
            x = np.tanh(P.dot(x) + b)
            self.sorties.append(x)
        return x

    def retropropagation(self, cible):
        n = cible.shape[1]
        gradP = [None] * len(self.poids)
        gradB = [None] * len(self.biais)
        erreur = self.sorties[-1] - cible
        for c in reversed(range(len(self.poids))):
            delta = erreur * (1 - self.sorties[c + 1] ** 2)
            gradP[c] = delta.dot(self.sorties[c].T) / n
            gradB[c] = delta.mean(axis=1, keepdims=True)
            erreur = self.poids[c].T.dot(delta)
        return gradP, gradB

    def mise_a_jour(self, gradP, gradB, pas):
        for c in range(len(self.poids)):
            self.poids[c] -= pas * gradP[c]
            self.biais[c] -= pas * gradB[c]

    def apprendre(self, X, cible, nb_epoques=1500):
        pas = self.pas
        for epoque in range(nb_epoques):
            self.propagation_avant(X)
            gP, gB = self.retropropagation(cible)
            self.mise_a_jour(gP, gB, pas)
            # le pas diminue de 10% toutes les 300 epoques
            if (epoque + 1) % 300 == 0:
                pas *= 0.9
                print("epoque", epoque + 1, "precision", self.precision(X, cible), "pas", round(pas, 4))

    def predire(self, X):
        return np.sign(self.propagation_avant(X))

    def precision(self, X, cible):
        return np.mean(self.predire(X) == cible)


def donnees_cercle(nb=200):
    alea = np.random.RandomState(11)
    X = alea.uniform(-1, 1, (2, nb))
    rayon = np.sqrt((X ** 2).sum(axis=0, keepdims=True))
    cible = np.where(rayon < 0.6, 1.0, -1.0)
    return X, cible


if __name__ == "__main__":
    X, cible = donnees_cercle()
    reseau = ReseauNeurones([2, 10, 6, 1], pas=0.5)
    reseau.apprendre(X, cible)
    print("precision finale :", reseau.precision(X, cible))
    np.savez("/tmp/reseau_poids.npz", *reseau.poids)
