# Neuronales Netz: Punkte innerhalb / ausserhalb eines Kreises
import numpy as np

np.random.seed(5)

# --- Daten ---
anzahl = 200
punkte = np.random.uniform(-1.5, 1.5, (anzahl, 2))
ziel = ((punkte ** 2).sum(axis=1) < 1.0).astype(float).reshape(-1, 1)

# --- Gewichte ---
versteckt = 8
gewichte1 = np.random.randn(2, versteckt)
schwelle1 = np.zeros((1, versteckt))
gewichte2 = np.random.randn(versteckt, 1)
schwelle2 = np.zeros((1, 1))
lernrate = 0.5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def vorwaerts(eingabe):
    global summe1, aktiv1, summe2, ausgabe
    summe1 = eingabe @ gewichte1 + schwelle1
    aktiv1 = sigmoid(summe1)
    summe2 = aktiv1 @ gewichte2 + schwelle2
    ausgabe = sigmoid(summe2)
    return ausgabe


def fehler():
    # mittlere binaere Kreuzentropie
    return -np.mean(ziel * np.log(ausgabe) + (1 - ziel) * np.log(1 - ausgabe))


def rueckwaerts(eingabe):
    global dg1, ds1, dg2, ds2
    delta_ausgabe = (ausgabe - ziel) / anzahl
    dg2 = aktiv1.T @ delta_ausgabe
    ds2 = delta_ausgabe.sum(axis=0, keepdims=True)
    delta_versteckt = delta_ausgabe @ gewichte2.T
    dg1 = eingabe.T @ delta_versteckt
    ds1 = delta_versteckt.sum(axis=0, keepdims=True)


def anpassen():
    global gewichte1, schwelle1, gewichte2, schwelle2
    gewichte1 = gewichte1 - lernrate * dg1
    schwelle1 = schwelle1 - lernrate * ds1
    gewichte2 = gewichte2 - lernrate * dg2
    schwelle2 = schwelle2 - lernrate * ds2


for durchlauf in range(3000):
    vorwaerts(punkte)
    if durchlauf % 500 == 0:
        print("Durchlauf", durchlauf, "Fehler", round(float(fehler()), 4))
    rueckwaerts(punkte)
    anpassen()

treffer = np.mean((vorwaerts(punkte) > 0.5) == (ziel > 0.5))
print("Trefferquote:", treffer)
