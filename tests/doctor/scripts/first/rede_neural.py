# Rede neural simples, treinada um exemplo por vez (gradiente estocástico)
import numpy as np

np.random.seed(7)


def sigmoide(x):
    return 1 / (1 + np.exp(-x))


def derivada_sigmoide(x):
    return x * (1 - x)


# dados: nota de prova e horas de estudo -> aprovado ou não
n = 120
horas = np.random.uniform(0, 10, n)
notas = np.random.uniform(0, 10, n)
entradas = np.column_stack([horas, notas]) / 10.0
saidas = ((horas * 0.6 + notas * 0.4) > 5.0).astype(float)

taxa_aprendizado = 0.05
neuronios = 5

pesos_oculta = np.random.rand(neuronios, 2)
vies_oculta = np.zeros(neuronios)
pesos_saida = np.random.rand(neuronios)
vies_saida = 0.0

for epoca in range(150):
    erro_total = 0.0
    for i in np.random.permutation(n):
        x = entradas[i]
        alvo = saidas[i]

        # propagação
        soma_oculta = pesos_oculta.dot(x) + vies_oculta
        ativ_oculta = sigmoide(soma_oculta)
        soma_saida = pesos_saida.dot(ativ_oculta) + vies_saida
        previsao = sigmoide(soma_saida)

        erro = previsao - alvo
        erro_total += 0.5 * erro ** 2

        # retropropagação
        delta_saida = erro * derivada_sigmoide(previsao)
        delta_oculta = delta_saida * pesos_saida * derivada_sigmoide(soma_oculta)

        # atualização dos pesos
        pesos_saida -= taxa_aprendizado * delta_saida * ativ_oculta
        vies_saida -= taxa_aprendizado * delta_saida
        pesos_oculta -= taxa_aprendizado * np.outer(delta_oculta, x)
        vies_oculta -= taxa_aprendizado * delta_oculta

    if epoca % 30 == 0:
        print('época %d: erro médio %.5f' % (epoca, erro_total / n))

acertos = 0
for x, alvo in zip(entradas, saidas):
    oculta = sigmoide(pesos_oculta.dot(x) + vies_oculta)
    resposta = sigmoide(pesos_saida.dot(oculta) + vies_saida)
    acertos += (resposta > 0.5) == (alvo == 1.0)
print('acertos:', acertos, 'de', n)
