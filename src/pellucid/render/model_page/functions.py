"""A network's functions as JavaScript, each from its own formula: activations, their slopes, and the loss."""

from pellucid.analysis.explain import formulas
from pellucid.analysis.explain.text import pretty
from pellucid.core.activations import Activation
from pellucid.core.errors import InputError
from pellucid.core.losses import Loss
from pellucid.core.network import Network
from pellucid.model.expressions import javascript, javascript_of, javascript_slope

LETTERS = {"z": "z", "a": "a", "y": "y"}
LOG = "q"  # the logarithm of a probability, which a page takes from the scores where the probability is too small


def script(net: Network) -> str:
    """The object FUNCTIONS: for each layer f(z) and f'(z), null for a softmax; and the loss, null where it cannot be.

    >>> from pellucid import Network
    >>> print(script(Network([2, 3, 2])))
    const FUNCTIONS = {
    activations: [z => Math.max(z, 0), null],
    slopes: [(z, a) => (z > 0), (z, a) => 1],
    loss: {part: (z, a, y, q) => ((-y) * q), delta: (a, y, c) => (a - y), shared: null, sum: true},
    };
    """
    activations = ", ".join("null" if f.formula.of_layer else f"z => {javascript(f)}" for _, _, f in net.layers)
    slopes = ", ".join(_slope(f) for _, _, f in net.layers)
    return "\n".join(
        [
            "const FUNCTIONS = {",
            f"activations: [{activations}],",
            f"slopes: [{slopes}],",
            f"loss: {_loss(net.loss, net.sizes[-1])},",
            "};",
        ]
    )


def _slope(f: Activation) -> str:
    try:
        return f"(z, a) => {javascript_slope(f)}"
    except InputError:
        return "null"


def _loss(loss: Loss, outputs: int) -> str:
    part, delta = loss.formula.part, loss.formula.delta
    if loss.activation.formula.of_layer:
        part = part.replace(formulas.LOG, LOG)
    shared = formulas.sum_in(delta)  # a sum over all outputs within the slope, as through a softmax

    def written(formula: str) -> str:
        texts = {**LETTERS, "outputs": str(outputs)}
        return javascript_of(formula, formulas.constants(loss), loss.name, texts, (LOG, "c"))

    try:
        each = f"part: (z, a, y, q) => {written(part)}, "
        each += f"delta: (a, y, c) => {written(delta.replace(shared, 'c') if shared else delta)}, "
        each += f"shared: {f'(a, y) => {written(_inside(shared))}' if shared else 'null'}, "
    except InputError:
        return "null"
    return "{" + each + f"sum: {'true' if loss.formula.sum else 'false'}" + "}"


def _inside(summed: str) -> str:
    return summed.removeprefix("np.sum(").removesuffix(")")


def in_words(f: Activation) -> dict[str, str]:
    """An activation as people write it: f(z) and f'(z).

    >>> from pellucid import ReLU
    >>> in_words(ReLU())
    {'value': 'max(0, z)', 'slope': '(z > 0)'}
    """
    value, slope = (pretty(text.format(z="z", a="a")) for text in (f.formula.value, f.formula.slope))
    return {"value": value.replace("max(z, 0)", "max(0, z)"), "slope": slope}


def loss_in_words(loss: Loss, outputs: int) -> dict[str, str | bool]:
    """A loss as people write it: the loss of one sample, and its δ at one output.

    >>> from pellucid import CrossEntropy, SquaredError
    >>> loss_in_words(CrossEntropy(), 10)
    {'value': '−log(a)', 'single': True, 'delta': 'a − y'}
    >>> loss_in_words(SquaredError(), 2)['value']
    'mean (a − y)²'
    """
    form, several = loss.formula, outputs > 1
    over = ("sum " if form.sum else "mean ") if several else ""
    value = form.true_class.format(a="a") if form.true_class else over + form.part.format(**LETTERS, outputs=outputs)
    delta = formulas.delta(loss, "a", "y", outputs)
    shared = formulas.sum_in(delta)
    single = bool(form.true_class) or not several  # one output alone counts
    return {"value": pretty(value), "single": single, "delta": pretty(delta.replace(shared, "c") if shared else delta)}
