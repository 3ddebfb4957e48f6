"""What the functions of a network are called: in English, misspelt, in some other languages."""

import difflib
import re
from collections.abc import Iterable

# the names of a role's functions; where several fit, the file's first one is taken
PATTERNS = {
    "init": r"init\w*|make_param\w*|create_(param|network|weight)\w*|random_param\w*|new_param\w*|"
    r"build|(build|make|create|new|set_?up)_?(net|model|nn|mlp|layers|weights|params)\w*|"
    r"(inicia|inicializa|inicialis|initialisi?e|crea|cria|erstelle|erzeuge|cree|creer)\w*",
    "forward": r"forward|forward_?(prop\w*|pass)|feed(_?forward)?|fwd|forward\w*|"
    r"(\w+_)?(net(work)?|model|nn|mlp|full)_forward\w*|"
    r"propag(a|ar|acao|acion|er|ation)|(propaga\w*_?)?((hacia|para)_?)?(adelante|delante|frente|avant)|vorw(ae|ä)rts\w*|(propagat\w*_)?avant",
    "backward": r"backward|back_?prop\w*|backwards?_?(prop\w*|pass)|bprop|back\w*|"
    r"(\w+_)?(net(work)?|model|nn|mlp|full)_backward\w*|((loss|cost)_(and_)?)?(compute_|get_|calc\w*_)?(gradients?|grads?)|"
    r"retro_?propaga\w*|(propaga\w*_?)?((hacia|para)_?)?(atras|tras)|r(ue|ü)ckw(ae|ä)rts\w*|(propagat\w*_)?arriere",
    "update": r"update\w*|step|(gradient|sgd|optimi[sz]er)_step|apply_(grad\w*|update\w*)|"
    r"(actualiza|atualiza|aktualisier|mise_?a_?jour|mettre_?a_?jour|maj_)\w*",
    "loss": r"(compute_|get_|calc\w*_)?(loss|cost|error|objective)(_f\w*|_with_\w+)?|"
    r"\w*(cross_?entropy|mse|squared_error|bce)\w*|(loss|cost)_\w+|\w+_(loss|cost)|"
    r"(\w+_)?(perdida|costo|coste|custo|perda|kosten|verlust|cout|perte)(_\w+)?",
    "train": r"gradient_?desc\w*|train\w*|fit|(nn_|l_layer_)?model|learn|sgd|run_training|"
    r"(entrena|treina|trainier|entrain|apprend|aprend|descenso|descida|descente|abstieg)\w*|lerne\w*",
    "predict": r"predict\w*|think|query|run|output|inference|"
    r"predecir|predice|prever|prediz\w*|pr[ée]di(re|t)|vorhersage\w*",
    "one_hot": r"\w*one_?hot\w*|to_categorical",
    "softmax": r"(stable_|my_)?softmax(?!\w*(loss|cost|entropy|back|grad))\w*",
}
NOT_ROLES = re.compile(r"deriv|prime|(?<!and)_grad$|gradient_of|delta|slope|plot|test|check", re.IGNORECASE)
STATES = re.compile(
    r"veloc|moment|adam|optimi|rmsprop|^(prev|last|old|best)_|^_*[vms]$", re.IGNORECASE
)  # what an optimiser starts with
SPELLED_RIGHT = {
    "init": "initialize_parameters init_params initialize_weights initialize",
    "forward": "forward_propagation forward_prop forward_pass forward feed_forward",
    "backward": "backward_propagation backward_prop backward_pass backward back_propagation backprop",
    "update": "update_parameters update_params update_weights update",
    "loss": "compute_loss compute_cost",
    "train": "gradient_descent train train_network",
}
FIRST_WORDS = ("forward", "backward", "update", "initialize")


def is_called_as(role: str, name: str) -> bool:
    """Whether a function's name is one that a role's function may have."""
    return re.fullmatch(PATTERNS[role], name.lstrip("_"), re.IGNORECASE) is not None and not NOT_ROLES.search(name)


def misspelt(role: str, names: Iterable[str]) -> str | None:
    """The name that is nearly one of a role's: foward_prop.

    >>> misspelt("forward", ["foward_prop", "relu"]), misspelt("update", ["updata_parameters"])
    ('foward_prop', 'updata_parameters')
    """
    words = SPELLED_RIGHT.get(role, "").split()
    ratios = {name: _likeness(name.lower(), words) for name in names if not NOT_ROLES.search(name)}
    best = max(ratios, key=lambda name: ratios[name], default=None)
    return best if best is not None and ratios[best] > 0.83 else None


def _likeness(name: str, words: list[str]) -> float:
    """How like a name is to one of a role's, or its first word to the first word of one: foward_all_layers."""
    first = name.split("_")[0]
    pairs = [(name, word) for word in words]
    if len(first) > 5 and first != name:
        pairs += [(first, word.split("_")[0]) for word in words if word.split("_")[0] in FIRST_WORDS]
    return max((difflib.SequenceMatcher(None, one, other).ratio() for one, other in pairs), default=0.0)
