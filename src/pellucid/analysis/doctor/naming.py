"""What the names in a user's code mean: ``dW1``, ``grad_w1`` and ``W1_grad`` are one quantity, layer 1's dW."""

import contextlib
import difflib
import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

LAST = -1  # the layer of a name without a number: the last one


class Quantity(NamedTuple):
    """One array of a network: ``kind`` is one of W b z a dW db dz da; ``layer`` counts from 1, or is ``LAST``."""

    kind: str
    layer: int

    def __str__(self) -> str:
        kind = {"z": "Z", "a": "A", "dz": "dZ", "da": "dA"}.get(self.kind, self.kind)
        return f"{kind}{self.layer}"

    @property
    def gradient(self) -> "Quantity":
        """DW of W, db of b."""
        return Quantity("d" + self.kind, self.layer)

    @property
    def parameter(self) -> "Quantity":
        """W of dW, b of db."""
        return Quantity(self.kind[1:], self.layer)


_WEIGHTS = "weights?|w|pesos?|gewichte?|poids|syn"
_BIASES = "bias(?:es)?|b|sesgos?|vies|biais|schwell(?:en?|en?werte?|werte?)"
_FIRST, _FINAL = "hidden|h|in|ih|xh|input_?hidden", "l|out|output|o|ho|hy|hidden_?output"
_QUANTITY = re.compile(
    r"(?P<d>d[lj]_?d?|d_?|grad(?:ient)?s?_?|gradiente_?|g_?|delta_?|nabla_?)?"
    rf"(?P<kind>{_WEIGHTS}|{_BIASES}|z|a|h)_?(?:layer_?)?"
    rf"(?P<layer>\d+|{_FINAL}|{_FIRST})?(?P<after>_?grad(?:ient)?|_?delta)?",
    re.IGNORECASE,
)
_LAYER_FIRST = re.compile(  # hidden_weights, d_output_bias
    rf"(?P<d>d_?|grad_?)?(?P<layer>{_FIRST}|{_FINAL})_?(?:layer_?)?(?P<kind>weights?|w|bias(?:es)?|b)", re.IGNORECASE
)
_DELTA = re.compile(r"(?:delta|error|err)_?(\d+|l|out|output|hidden)?|(?:l|layer_?)(\d+)_delta", re.IGNORECASE)
_SCORES = re.compile(r"(d_?|grad_?|delta_?)?(?:logits?|scores)")
_BETWEEN = re.compile(r"(?P<d>d_?|grad_?)?(?:weights|w)_?(?P<from>\d)_(?P<to>\d)", re.IGNORECASE)  # weights_0_1

_WORDS = {
    "X": "x inputs input xtrain xbatch xb images features data batchx entradas entrada eingabe eingaben entree entrees "
    "trainx inputdata",
    "y": "y labels label targets target ytrue t ytrain ybatch yb truth batchy etiquetas rotulos zielwerte etiquettes "
    "ziel soll objetivo esperado saidaesperada alvo cible attendu trainy expected expectedoutput desired",
    "one hot": "onehot onehoty yonehot yoh ohy",
    "output": "yhat ypred pred preds prediction predictions output outputs out probs probabilities p o salida saida "
    "ausgabe sortie predictedoutput finaloutputs",
    "learning rate": "learningrate lr alpha eta rate stepsize tasa tasaaprendizaje tasadeaprendizaje lernrate "
    "tauxapprentissage tauxdapprentissage taxaaprendizado taxadeaprendizado taxa taux",
    "samples": "m nsamples numsamples batchsize mtrain msamples",
    "epochs": "epochs epoch iterations iters iter niter niters numiterations nepochs numepochs numiters steps nsteps "
    "numpasses passes maxiter maxiters niterations maxepochs epocas epochen epoques iteraciones iteracoes",
    "parameters": "params parameters param theta model network net layers weightsandbiases p parametros parametres "
    "parameter paramvalues",
    "weights": "ws weights wlist pesos gewichte poids",
    "biases": "bs biases blist sesgos biais",
    "cache": "cache caches memory cached forwardcache activations acts zs as values trace saved memoria",
    "gradients": "grads gradients grad gs g derivs derivatives gradient gradientes gradienten gradsvalues",
    "rng": "rng generator randomstate",
    "seed": "seed randomseed semilla semente",
    "L2 strength": "lambd lambda lmbda lam reg regularization regstrength weightdecay decay l2 l2lambda",
    "kept share": "keepprob keep pkeep",
    "sizes": "sizes layersizes layerdims dims layersdims architecture units shape layerunits capas schichten",
    "classes": "classes nclasses numclasses k numlabels noutputs",
}
# a name that stands in two lists has the first one's meaning
_MEANINGS = {name: meaning for meaning, names in reversed(_WORDS.items()) for name in names.split()}


_PARTS = {"epochs": "epoch|iteration", "learning rate": "learn.*rate"}  # what a longer name holds
_own_words: dict[str, str] = {}  # what the names of the file that is being read mean, where they do not tell


@contextlib.contextmanager
def own_words(words: dict[str, str]) -> Iterator[dict[str, str]]:
    """While this lasts, these names mean what others do, ``{"wh": "W1"}``, and those that are learnt."""
    global _own_words
    before, _own_words = _own_words, words
    try:
        yield words
    finally:
        _own_words = before


def words_in_use() -> dict[str, str]:
    """Those of the file that is being read, to be added to."""
    return _own_words


def quantity(name: str | None) -> Quantity | None:
    """The array that a name stands for, or None.

    >>> quantity("dW1"), quantity("grad_b2"), quantity("AL"), quantity("speed")
    (Quantity(kind='dW', layer=1), Quantity(kind='db', layer=2), Quantity(kind='a', layer=-1), None)
    """
    if name is None:
        return None
    name = _translated(name)
    if found := _DELTA.fullmatch(name):
        return Quantity("dz", _layer(found[1] or found[2]))
    if found := _SCORES.fullmatch(name):
        return Quantity("dz" if found[1] else "z", LAST)
    if found := _BETWEEN.fullmatch(name):
        return Quantity("dW" if found["d"] else "W", int(found["to"]))
    found = _QUANTITY.fullmatch(name) or _LAYER_FIRST.fullmatch(name)
    if not found:
        return None
    groups = found.groupdict()
    letter = groups["kind"].lower()
    kind = "W" if re.fullmatch(_WEIGHTS, letter) else "b" if re.fullmatch(_BIASES, letter) else letter.replace("h", "a")
    layer = _layer(groups["layer"]) + (letter == "syn")  # syn0 is the first
    return Quantity("d" + kind if groups["d"] or groups.get("after") else kind, layer)


def _layer(text: str | None) -> int:
    if text is not None and text.isdigit():
        return int(text)
    return 1 if text is not None and re.fullmatch(_FIRST, text, re.IGNORECASE) else LAST


def _translated(name: str) -> str:
    """The name that says what a name of the file means: that of a parameter, or of its gradient."""
    if name in _own_words:
        return _own_words[name]
    for parameter, known in _own_words.items() if re.match("d|g|nabla", name, re.IGNORECASE) else ():
        if known[0] in "Wb" and re.fullmatch(rf"(d|grad|delta|nabla)_?{re.escape(parameter)}", name, re.IGNORECASE):
            return f"d{known}"
    return name


@functools.cache
def _fuzzy(name: str) -> str | None:
    """The meaning of a name that is misspelt: lerning_rate."""
    close = difflib.get_close_matches(name, [known for known in _MEANINGS if len(known) > 4], 1, 0.88)
    alike = bool(close) and len(name) > 5 and name.isalpha() and close[0][0] == name[0]
    return _MEANINGS[close[0]] if alike else None


def meaning(name: str) -> str | None:
    """The role of a name that is no layer's array: ``alpha`` is the learning rate.

    >>> meaning("alpha"), meaning("y_true"), meaning("Y_onehot"), meaning("whatever"), meaning("lerning_rate")
    ('learning rate', 'y', 'one hot', None, 'learning rate')
    """
    plain = _own_words.get(name, name).replace("_", "").lower()
    found = _MEANINGS.get(plain) or _fuzzy(plain)
    return found or next((word for word, part in _PARTS.items() if re.search(part, plain)), None)


def data_word(name: str) -> str | None:
    """X or y, for a name of the data: by its meaning, or by a part of it.

    >>> data_word("labels"), data_word("training_set_inputs"), data_word("x_shuffled"), data_word("ytr")
    ('y', 'X', 'X', 'y')
    """
    word, lower = meaning(name), name.lower()
    if word is not None or quantity(name) is not None:
        return {"X": "X", "y": "y", "one hot": "y"}.get(word or "")
    lower = re.sub(r"_(list|data|set|array|train|batch)$", "", lower)
    if re.match(r"x_|x([a-z]?|tr|te|val)$|.*(input|feature)s?$|train_x|data_x", lower):
        return "X"
    return "y" if re.match(r"y_|y([a-z]?|tr|te|val)$|.*(output|target|label)s?$|train_y|data_y", lower) else None
