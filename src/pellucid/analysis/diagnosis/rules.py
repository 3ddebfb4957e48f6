"""The rules by which a training is judged: each looks at its ``Facts`` and says what is wrong, or None.

Every threshold stands here with its reason. They were set between what healthy runs show and what ill ones do
(tests/diagnosis), nearer to the ill ones: a false alarm costs more than a late one.
"""

from collections.abc import Callable

import numpy as np

from pellucid.analysis.diagnosis.facts import Facts
from pellucid.analysis.finding import Finding
from pellucid.analysis.layer_health import LayerHealth
from pellucid.core.arrays import Array
from pellucid.core.optimizers import OPTIMIZERS

Rule = Callable[[Facts], Finding | None]

LARGE = 30.0  # root mean square of a column; 1 is what the starts of He and Glorot are made for
SMALL = 0.01  # likewise: the gradients of the first layer are as much smaller
EXPLODED = 10.0  # times the loss at the start: no noise of the batches does that
ROSE = 1.5  # times the loss at the start, in the mean over an epoch: healthy runs stay below 1.1
JUMPS = 0.25  # the sum of all rises from epoch to epoch, as a share of a guess's loss; healthy runs: below 0.2
DEAD = 0.4  # of a layer's neurons; healthy runs: below 0.2
SATURATED = 0.5  # of a layer's activations before any training; Glorot's start: 0.00
SATURATED_LATER = 0.6  # at the end; healthy trained layers of tanh and sigmoid: up to 0.45
VANISHED = 0.01  # the first layer's gradient as a share of the last's; healthy runs: 0.04 and more
WIDE = 3.0  # times the loss of a guess, before any training; He's start: about 1
FEW_STEPS = 100  # earlier than that nobody can tell whether a training goes well
USUAL_TIMES = 3.0  # a rate of more than this times the usual one is what is tried first
USUAL_TENTH = 0.1  # a rate below this share of the usual one may be why the loss falls slowly
SLOW = 0.4  # of a guess's loss at the end: with less, a small rate has done no harm
MIDDLING = 0.25  # of a guess's loss at the end: below it nothing is reported
NOTHING = 0.95  # of a guess's loss at the end: nothing learned, but for noise
STIRRED = 0.05  # of θ's length: a smaller move means that training has hardly begun
WALKED = 0.25  # of θ's length: a larger move means that there was time to learn
OVERFIT = 1.2  # the dev loss at the end over its least
OVERFIT_AT_LEAST = 0.01  # of a guess's loss: smaller rises are noise

SCALE = "{0} = ({0} - {0}.mean(0)) / ({0}.std(0) + 1e-8)"


def unscaled_inputs(facts: Facts) -> Finding | None:
    """Columns of X far from the size about 1 that the start and the learning rate are made for."""
    column, size, usual = _largest(facts.x)
    if not size > LARGE and not (size < SMALL and facts.final > 0.5):
        return None
    names = facts.known.features
    name = f"{names[column]} (column {column} of X)" if names else f"column {column} of X"
    values = facts.x[:, column]
    evidence = (
        f"{name} runs from {values.min():.4g} to {values.max():.4g}, its root mean square is {size:.3g}; "
        f"the median column's is {usual:.3g}, about 1 is right"
    )
    whole = bool((facts.x == np.floor(facts.x)).all())
    pixels = size > LARGE and whole and facts.x.min() >= 0 and 200 < facts.x.max() <= 255
    fault = "the inputs are not scaled: they are " + ("large" if size > LARGE else "tiny")
    return Finding(1, "X", fault, evidence, "X = X / 255" if pixels else SCALE.format("X"))


def unscaled_targets(facts: Facts) -> Finding | None:
    """Values to predict that are far from the size about 1, where training suffers from it."""
    if not facts.targets.size:
        return None
    column, size, _ = _largest(facts.targets)
    bad = facts.known.diverged or facts.final > (0.1 if size > LARGE else 0.5)
    if not bad or SMALL <= size <= LARGE:
        return None
    values = facts.targets[:, column]
    evidence = (
        f"y runs from {values.min():.4g} to {values.max():.4g}, its root mean square is {size:.3g}, about 1 is right; "
        + (_against_guess(facts) if len(facts.train) else f"the mean alone would have the loss {facts.guess:.3g}")
    )
    return Finding(len(facts.net.layers), "y", "the targets are not scaled", evidence, SCALE.format("y"))


def exploding(facts: Facts) -> Finding | None:
    """A loss that grew far above its start, or to no number."""
    most = float(np.max(facts.train)) if len(facts.train) else 0.0
    start = max(facts.guess, facts.beginning)
    if not facts.known.diverged and not most > EXPLODED * start:
        return None
    seen = f"it was {facts.beginning:.3g} at the start"
    if len(facts.train):
        seen += f", {most:.3g} in epoch {np.argmax(facts.train) + 1}"
    if len(facts.train) and not facts.known.diverged:
        seen += f", {facts.train[-1]:.3g} in the last epoch"
    seen += " and then no number" if facts.known.diverged else ""
    clipped = "no limit on the gradient" if not facts.known.clip_norm else f"a limit of {facts.known.clip_norm:g}"
    evidence = f"{seen}; the learning rate is {_rate(facts)}, with {clipped}"
    unlimited = facts.known.clip_norm == 0 and not _above_usual(facts)
    return Finding(None, "loss", "the loss exploded", evidence, "clip_norm=1" if unlimited else _smaller(facts))


def saturated_start(facts: Facts) -> Finding | None:
    """Sigmoids or tanh that are flat before the first step."""
    if facts.before is None or not (facts.start or 0) > facts.guess / 2:
        return None
    layer, share = _worst(facts.before, "saturated")
    if share < SATURATED:
        return None
    name = facts.net.layers[layer - 1].activation.name
    spread = facts.before[layer - 1].weights
    evidence = (
        f"{share:.0%} of the {name} activations of layer {layer} have less than a twentieth of the greatest slope; "
        f"its weights had a root mean square of {spread:.2g}, Glorot's start gives {_glorot(facts, layer):.2g}"
    )
    return Finding(layer, "a", f"layer {layer} was saturated before the first step", evidence, "init='glorot'")


def wide_start(facts: Facts) -> Finding | None:
    """First weights so large that the network starts far worse than a guess, and has not made up for it."""
    if facts.net.loss.kind == "values" or facts.start is None or facts.final < MIDDLING:
        return None
    if not facts.start > WIDE * facts.guess:
        return None
    assert facts.before is not None
    evidence = (
        f"before the first step the loss was {facts.start:.3g}, {facts.start / facts.guess:.1f} times that of a guess "
        f"({facts.guess:.3g}), and it has come down to {facts.train[-1]:.3g}; the weights of layer 1 had a root mean "
        f"square of {facts.before[0].weights:.2g}, He's start gives {(2 / facts.net.sizes[0]) ** 0.5:.2g}"
    )
    return Finding(1, "W", "the first weights were too large", evidence, "init='he'")


def rate_too_large(facts: Facts) -> Finding | None:
    """A loss that rises above its start, or jumps up and down and does not get low."""
    if len(facts.train) < 2 or facts.final < MIDDLING:
        return None
    most, start = float(np.max(facts.train)), max(facts.guess, facts.beginning)
    rises = np.maximum(np.diff(facts.train), 0)
    if most > ROSE * start:
        seen = f"the loss rose from {facts.beginning:.3g} to {most:.3g} in epoch {np.argmax(facts.train) + 1}"
    elif rises.sum() > JUMPS * facts.guess and facts.final > 0.5:
        seen = f"the loss rose in {np.count_nonzero(rises)} of {len(rises)} epochs, by up to {rises.max():.3g}"
    else:
        return None
    evidence = f"{seen}, and ended at {facts.train[-1]:.3g}; the learning rate is {_rate(facts)}"
    return Finding(None, "learning_rate", "the learning rate is too large", evidence, _smaller(facts))


def dead_neurons(facts: Facts) -> Finding | None:
    """Layers most of whose neurons pass no gradient for any sample."""
    layer, share = _worst(facts.after, "dead")
    if share < DEAD or facts.steps < FEW_STEPS:
        return None
    neurons = facts.net.sizes[layer]
    dead = round(share * neurons)
    evidence = f"they pass no gradient for any of {len(facts.x):,} samples"
    if facts.before is not None:
        evidence += f" (before training: {round(facts.before[layer - 1].dead * neurons)})"
    evidence += f"; the learning rate is {_rate(facts)}, the train loss {facts.train[-1]:.3g}"
    remedy = _smaller(facts) if _above_usual(facts) else "activation='leaky-relu'"
    return Finding(layer, "a", f"{dead} of {neurons} neurons of layer {layer} are dead", evidence, remedy)


def saturated_later(facts: Facts) -> Finding | None:
    """Sigmoids or tanh that training has driven to where they are flat, with a loss that is not low."""
    layer, share = _worst(facts.after, "saturated")
    if share < SATURATED_LATER or facts.final < MIDDLING or facts.steps < FEW_STEPS:
        return None
    before = "" if facts.before is None else f" (before training: {facts.before[layer - 1].saturated:.0%})"
    name = facts.net.layers[layer - 1].activation.name
    evidence = (
        f"{share:.0%} of its {name} activations have less than a twentieth of the greatest slope{before}; "
        f"the learning rate is {_rate(facts)}, the train loss {facts.train[-1]:.3g}"
    )
    return Finding(layer, "a", f"layer {layer} is saturated", evidence, _smaller(facts))


def vanishing(facts: Facts) -> Finding | None:
    """Gradients that get lost on their way down, so that the first layer learns nothing."""
    first, last = facts.after[0].weight_gradient, facts.after[-1].weight_gradient
    if facts.final < NOTHING or facts.steps < FEW_STEPS or not 0 < first < VANISHED * last:
        return None
    evidence = (
        f"the gradient of layer 1 has a root mean square of {first:.1e}, that of layer {len(facts.after)} "
        f"{last:.1e}, {last / first:,.0f} times as much; {_against_guess(facts)}"
    )
    remedy = "activation='relu'" if facts.known.init in (None, "he") else "activation='relu', init='he'"
    return Finding(1, "dW", "the gradient vanishes on its way to the first layer", evidence, remedy)


def rate_too_small(facts: Facts) -> Finding | None:
    """A loss that is still high, after steps that are small beside the usual ones or moved θ hardly at all."""
    if facts.final < SLOW or facts.steps < FEW_STEPS or facts.beginning < NOTHING * facts.guess:
        return None
    usual, half = facts.usual, facts.train[(len(facts.train) - 1) // 2]
    falling = facts.train[-1] < (1 - STIRRED) * half and (facts.moved is None or facts.moved < WALKED)
    still = facts.moved < STIRRED if facts.moved is not None else bool(np.all(np.diff(facts.train) < 0))
    if not (falling or still) or (usual is not None and facts.learning_rate > USUAL_TENTH * usual):
        return None
    if usual is None and not still:
        return None
    moved = "" if facts.moved is None else f", and θ moved by {100 * facts.moved:.2g} % of its length"
    way = f"from {facts.beginning:.4g} to {facts.train[-1]:.4g}{moved}"
    evidence = f"in {facts.steps:,} steps the loss went {way}; the learning rate is {_rate(facts)}"
    remedy = f"learning_rate={usual or 10 * facts.learning_rate:.3g}"
    return Finding(None, "learning_rate", "the learning rate is too small", evidence, remedy)


def not_falling(facts: Facts) -> Finding | None:
    """A loss that stays that of a guess, for none of the reasons above."""
    if facts.final < NOTHING or facts.steps < FEW_STEPS:
        return None
    if len(facts.net.layers) == 1:
        why, remedy = "without a hidden layer only straight boundaries can be learned", "hidden=(32, 16)"
    else:
        why = "either these steps are no good, or y has nothing to do with X: look at a few rows of both"
        known = OPTIMIZERS.get(facts.known.optimizer or "")
        remedy = _smaller(facts) if known is not None and known.adaptive else "optimizer='adam'"
    evidence = f"after {facts.steps:,} steps {_against_guess(facts)}; {why}"
    return Finding(None, "loss", "the loss is not falling", evidence, remedy)


def overfitting(facts: Facts) -> Finding | None:
    """A dev loss that rises well above its least while the train loss still falls; silent beside early stopping."""
    dev, train = facts.dev, facts.train
    if facts.known.patience is not None or len(dev) < 4 or not np.isfinite(dev).all():
        return None
    best, now = int(np.argmin(dev)), float(np.median(dev[-3:]))
    rise = now - dev[best]
    if now < OVERFIT * dev[best] or rise < OVERFIT_AT_LEAST * facts.guess or train[-1] >= train[best]:
        return None
    evidence = (
        f"the dev loss was least in epoch {best + 1}, {dev[best]:.3g}, and is {now:.3g} after epoch {len(dev)} "
        f"(+{rise / dev[best]:.0%}), while the train loss fell from {train[best]:.3g} to {train[-1]:.3g}"
    )
    return Finding(None, "loss", "the network overfits", evidence, "patience=5")


# The first rule that finds something names the cause; later ones would only find its consequences.
CAUSES: tuple[Rule, ...] = (
    unscaled_inputs, unscaled_targets, exploding, saturated_start, rate_too_large, wide_start, dead_neurons,
    saturated_later, vanishing, rate_too_small, not_falling,
)  # fmt: skip


def _largest(values: Array) -> tuple[int, float, float]:
    """The column with the greatest root mean square, that, and the median of all columns'."""
    with np.errstate(over="ignore"):
        sizes = np.sqrt(np.mean(np.square(values), axis=0))
    return int(np.argmax(sizes)), float(sizes.max()), float(np.median(sizes))


def _worst(layers: list[LayerHealth], what: str) -> tuple[int, float]:
    """The layer with the greatest share of something, and that share."""
    shares = [float(getattr(layer, what)) for layer in layers]
    return int(np.argmax(shares)) + 1, max(shares)


def _against_guess(facts: Facts) -> str:
    guess = f"that of a guess that does not look at X would be {facts.guess:.4g}"
    return f"the train loss is {facts.train[-1]:.4g}, and {guess}"


def _glorot(facts: Facts, layer: int) -> float:
    """The root mean square of weights as Glorot's start draws them."""
    return float((2 / (facts.net.sizes[layer - 1] + facts.net.sizes[layer])) ** 0.5)


def _above_usual(facts: Facts) -> bool:
    return facts.usual is not None and facts.learning_rate > USUAL_TIMES * facts.usual


def _smaller(facts: Facts) -> str:
    """The usual rate where the one that was used is far above it, else a tenth."""
    rate = facts.usual if facts.usual is not None and _above_usual(facts) else facts.learning_rate / 10
    return f"learning_rate={rate:.3g}"


def _rate(facts: Facts) -> str:
    usual = f" ({facts.usual:g} is usual for {facts.known.optimizer})" if facts.usual is not None else ""
    return f"{facts.learning_rate:g}{usual}"
