"""What the names in a user's code mean: ``dW1``, ``grad_w1`` and ``W1_grad`` are one quantity, layer 1's dW."""

import contextlib
import difflib
import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

LAST = -1  # the layer of a name without a number: the last one
Path = tuple[Any, ...]  # of keys and indices into nested dicts, lists and tuples


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


Arrays = dict[Quantity, Any]  # parameters or gradients, by what they are

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

    >>> data_word("labels"), data_word("training_set_inputs"), data_word("x_shuffled"), data_word("W1")
    ('y', 'X', 'X', None)
    """
    word, lower = meaning(name), name.lower()
    if word is not None or quantity(name) is not None:
        return {"X": "X", "y": "y", "one hot": "y"}.get(word or "")
    lower = re.sub(r"_(list|data|set|array|train|batch)$", "", lower)
    if re.match(r"x_|x[a-z]?$|.*(input|feature)s?$|train_x|data_x", lower):
        return "X"
    return "y" if re.match(r"y_|y[a-z]?$|.*(output|target|label)s?$|train_y|data_y", lower) else None


def array_paths(value: Any, names: list[str | None], *, gradients: bool = False) -> dict[Quantity, Path]:
    """Where in a returned value each layer's arrays stand; ``names`` are those of its parts, where they are known.

    >>> arrays = {"W1": np.zeros((3, 2)), "b1": np.zeros(3)}
    >>> array_paths(arrays, ["params"])
    {Quantity(kind='W', layer=1): ('W1',), Quantity(kind='b', layer=1): ('b1',)}
    """
    found: dict[Quantity, Path] = {}
    several = isinstance(value, tuple | list) and len(names) == len(value) > 0
    if several and (len(names) > 1 or is_array(value[0])):
        for index, (part, name) in enumerate(zip(value, names, strict=True)):
            found.update(_inside(part, name, (index,)))
    if not found:
        found = _inside(value, names[0] if len(names) == 1 else None, ())
    if gradients:
        found = {q if q.kind[0] == "d" else q.gradient: path for q, path in found.items()}
    return found


def learn_names(value: Any, names: list[str | None]) -> None:
    """Add to the words of the file what the parameters are called whose names do not tell: by order and shapes.

    >>> with own_words({}) as words:
    ...     learn_names((np.ones((3, 2)), np.ones(3), np.ones((1, 3)), np.ones(1)), ["p", "q", "r", "s"])
    >>> words
    {'p': 'W1', 'q': 'b1', 'r': 'W2', 's': 'b2'}
    """
    words = _own_words
    pairs = value.items() if isinstance(value, dict) else zip(names, value, strict=False) if _several(value) else ()
    named = {
        str(name): array
        for name, array in pairs
        if name is not None
        and isinstance(array, np.ndarray)
        and data_word(str(name)) is None
        and ((q := quantity(str(name))) is None or q.kind in "Wb")
    }
    found = {name: q for name in named if (q := quantity(name)) is not None and q.kind in "Wb"}
    if any(q.layer == 0 for q in found.values()):  # they count from 0
        words.update({name: f"{q.kind}{q.layer + 1}" for name, q in found.items() if q.layer != LAST})
    if len({q for q in found.values() if q.kind == "W"}) == sum(q.kind == "W" for q in found.values()) > 0:
        return
    ordered = list(named)
    halves = [
        name for pair in zip(ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :], strict=False) for name in pair
    ]
    for order in (ordered, halves):
        if _alternate([named[name] for name in order]) and order:
            words.update({name: f"{'Wb'[k % 2]}{k // 2 + 1}" for k, name in enumerate(order)})
            return
    tables = [name for name, array in named.items() if array.ndim == 2]
    if len(tables) == len(named):
        words.update({name: f"W{l}" for l, name in enumerate(tables, start=1)})


def _several(value: Any) -> bool:
    return isinstance(value, tuple | list)


def _inside(value: Any, name: str | None, path: Path) -> dict[Quantity, Path]:
    found: dict[Quantity, Path] = {}
    if is_array(value):
        q = quantity(name)
        return {} if q is None else {q: path}
    if isinstance(value, dict):
        for key, part in value.items():
            if isinstance(key, int):
                found.update(_layer_of(part, name, (*path, key), key + (0 in value)))
            else:
                found.update(_inside(part, str(key), (*path, key)))
    elif isinstance(value, list | tuple) and value:
        if all(map(is_array, value)) and _kind_of_list(name) is None and _alternate(value):
            for index in range(len(value)):
                found[Quantity("Wb"[index % 2], index // 2 + 1)] = (*path, index)
            return found
        first = value[0]  # [None, W1, W2]: they count from 1
        hole = first is None or isinstance(first, int) or (isinstance(first, list | np.ndarray) and len(first) == 0)
        for index, part in enumerate(value[hole:], start=1):
            found.update(_layer_of(part, name, (*path, index - (not hole)), index))
    return found


def _layer_of(part: Any, name: str | None, path: Path, layer: int) -> dict[Quantity, Path]:
    """The arrays of one entry of a list with an entry a layer."""
    if is_array(part):
        kind = _kind_of_list(name)
        return {} if kind is None else {Quantity(kind, layer): path}
    if isinstance(part, dict):
        named = {quantity(str(key)): key for key in part}
        return {Quantity(q.kind, layer): (*path, key) for q, key in named.items() if q is not None}
    if isinstance(part, list | tuple) and len(part) == 2 and all(map(is_array, part)):
        tables = [np.ndim(array) == 2 and min(np.shape(array)) > 1 for array in part]
        first = int(np.argmax(tables)) if any(tables) else int(np.size(part[0]) < np.size(part[1]))
        return {Quantity("W", layer): (*path, first), Quantity("b", layer): (*path, 1 - first)}
    return {}


def _kind_of_list(name: str | None) -> str | None:
    """``weights`` and ``dWs`` are lists with an array a layer, of this kind."""
    if name is None:
        return None
    texts = (name, name.removesuffix("s"), name.removesuffix("es"), name.removesuffix("_list"))
    return next((q.kind for q in map(quantity, texts) if q is not None), None)


def _alternate(value: Any) -> bool:
    """Whether a flat list reads W1, b1, W2, b2, …"""
    pairs = list(zip(value[::2], value[1::2], strict=False))
    return len(value) % 2 == 0 and all(np.ndim(W) == 2 and _adds_to(b, W) for W, b in pairs)


def _adds_to(b: Any, W: Any) -> bool:
    """Whether b may be W's bias: a column (n, 1) only of a W with n rows."""
    column = np.ndim(b) == 2 and np.shape(b)[1] == 1 < np.size(b)
    return np.size(b) == len(W) if column else np.size(b) in np.shape(W)


def is_array(value: Any) -> bool:
    """Whether a value is an array of numbers, or a number."""
    return isinstance(value, np.ndarray | np.number | float | int) and not isinstance(value, bool)


def at(value: Any, path: Path) -> Any:
    """The part of a nested value at a path."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: Path, part: Any) -> Any:
    """A nested value with the part at a path replaced; what stands on the way is copied. A number stays a number."""
    if not path:
        return float(part) if isinstance(value, float | int) and np.ndim(part) == 0 else part
    if isinstance(value, dict):
        return {**value, path[0]: replaced(value[path[0]], path[1:], part)}
    items = list(value)
    items[path[0]] = replaced(items[path[0]], path[1:], part)
    return type(value)(items)


def with_arrays(value: Any, paths: dict[Quantity, Path], new: Callable[[Quantity, Any], Any]) -> Any:
    """A nested value with the arrays at some paths replaced by what ``new`` makes of them."""
    for q, path in paths.items():
        value = replaced(value, path, new(q, at(value, path)))
    return value


def all_arrays(values: Any, label: str = "") -> Iterator[tuple[str, Any]]:
    """Every array within nested values, with what one would write to get it.

    >>> [label for label, _ in all_arrays({"Z1": np.ones(2), "acts": [np.ones(3)]})]
    ['Z1', 'acts[0]']
    """
    if isinstance(values, np.ndarray | np.floating):
        yield label, values
    elif isinstance(values, dict):
        for key, part in values.items():
            yield from all_arrays(part, f"{label}[{key!r}]" if label else str(key))
    elif isinstance(values, list | tuple):
        for index, part in enumerate(values):
            yield from all_arrays(part, f"{label}[{index}]")
