# -*- coding: utf-8 -*-
# Neuronales Netz mit Gewichtsabnahme (L2), alles in einem Skript
import numpy as np

zufall = np.random.RandomState(99)

# Daten erzeugen: vier Haufen, drei Klassen
anzahl = 200
mitten = np.array([[1.5, 1.5], [-1.5, -1.5], [1.5, -1.5], [-1.5, 1.5]])
klasse_von = np.array([0, 0, 1, 2])
haufen = zufall.randint(0, 4, anzahl)
X = mitten[haufen] + 0.7 * zufall.randn(anzahl, 2)
klassen = klasse_von[haufen]
Y = np.eye(3)[klassen]

# Netz
eingabe, versteckt, ausgabe = 2, 10, 3
G1 = zufall.randn(eingabe, versteckt) * 0.5
s1 = np.zeros(versteckt)
G2 = zufall.randn(versteckt, ausgabe) * 0.5
s2 = np.zeros(ausgabe)

lernrate = 0.3
lam = 0.05
epochen = 1000


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


m = anzahl
for epoche in range(epochen):
    # vorwärts
    h = sigmoid(X.dot(G1) + s1)
    p = softmax(h.dot(G2) + s2)

    kosten = -np.sum(Y * np.log(p)) / m
    kosten += lam / (2 * m) * (np.sum(G1 ** 2) + np.sum(G2 ** 2))

    # rückwärts
    d2 = (p - Y) / m
    dG2 = h.T.dot(d2) + lam * G2
    ds2 = d2.sum(axis=0)
    d1 = d2.dot(G2.T) * h * (1 - h)
    dG1 = X.T.dot(d1) + lam * G1
    ds1 = d1.sum(axis=0)

    # Gewichte anpassen
    G2 -= lernrate * dG2
    s2 -= lernrate * ds2
    G1 -= lernrate * dG1
    s1 -= lernrate * ds1

    if epoche % 200 == 0:
        treffer = np.mean(p.argmax(axis=1) == klassen)
        print("Epoche %4d  Kosten %.4f  Treffer %.3f" % (epoche, kosten, treffer))

h = sigmoid(X.dot(G1) + s1)
p = softmax(h.dot(G2) + s2)
print("Trefferquote am Ende: %.3f" % np.mean(p.argmax(axis=1) == klassen))
print("Norm der Gewichte:", np.linalg.norm(G1), np.linalg.norm(G2))
