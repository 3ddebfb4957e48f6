# -*- coding: utf-8 -*-
# Siec neuronowa z jedna warstwa ukryta, klasyfikacja na trzy klasy
import numpy as np

NACHYLENIE = 0.2


def aktywacja(z):
    return np.where(z > 0, z, NACHYLENIE * z)


def pochodna_aktywacji(z):
    d = np.zeros_like(z)
    d[z > 0] = 1
    return d


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


class SiecNeuronowa:
    def __init__(self, wejscia, ukryte, wyjscia, krok=0.2):
        np.random.seed(6)
        self.wagi1 = np.random.randn(wejscia, ukryte) * np.sqrt(2 / wejscia)
        self.prog1 = np.zeros(ukryte)
        self.wagi2 = np.random.randn(ukryte, wyjscia) * np.sqrt(2 / ukryte)
        self.prog2 = np.zeros(wyjscia)
        self.krok = krok

    def oblicz(self, x):
        self.x = x
        self.z1 = x @ self.wagi1 + self.prog1
        self.a1 = aktywacja(self.z1)
        self.wynik = softmax(self.a1 @ self.wagi2 + self.prog2)
        return self.wynik

    def strata(self, cel):
        return -np.mean(np.sum(cel * np.log(self.wynik + 1e-15), axis=1))

    def wstecz(self, cel):
        n = len(cel)
        blad2 = (self.wynik - cel) / n
        self.dwagi2 = self.a1.T @ blad2
        self.dprog2 = blad2.sum(axis=0)
        blad1 = (blad2 @ self.wagi2.T) * pochodna_aktywacji(self.z1)
        self.dwagi1 = self.x.T @ blad1
        self.dprog1 = blad1.sum(axis=0)

    def popraw(self):
        self.wagi1 -= self.krok * self.dwagi1
        self.prog1 -= self.krok * self.dprog1
        self.wagi2 -= self.krok * self.dwagi2
        self.prog2 -= self.krok * self.dprog2

    def ucz(self, x, cel, epoki):
        for epoka in range(epoki):
            self.oblicz(x)
            s = self.strata(cel)
            self.wstecz(cel)
            self.popraw()
            if epoka % 200 == 0:
                print('epoka', epoka, 'strata', round(s, 4))


def dane(na_klase=50):
    np.random.seed(14)
    x = []
    k = []
    for klasa in range(3):
        kat = np.random.uniform(0, 2 * np.pi, na_klase)
        promien = 0.7 + klasa * 0.9 + 0.15 * np.random.randn(na_klase)
        x.append(np.c_[promien * np.cos(kat), promien * np.sin(kat)])
        k += [klasa] * na_klase
    return np.vstack(x), np.array(k)


if __name__ == '__main__':
    x, k = dane()
    cel = np.eye(3)[k]
    siec = SiecNeuronowa(2, 20, 3)
    siec.ucz(x, cel, 1200)
    trafienia = np.mean(np.argmax(siec.oblicz(x), axis=1) == k)
    print('dokladnosc:', trafienia)
