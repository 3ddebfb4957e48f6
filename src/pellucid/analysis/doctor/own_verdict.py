"""What a turn says of each parameter, once it is known along the slope of which loss they move."""

import re
from dataclasses import dataclass, field, replace

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.naming import meaning, quantity
from pellucid.analysis.doctor.own_gathered import Gathered, is_gathering
from pellucid.analysis.doctor.own_gradients import by_gradients
from pellucid.analysis.doctor.own_losses import (
    Key,
    Loss,
    called,
    is_called_loss,
    is_ordinary,
    name_of_key,
)
from pellucid.analysis.doctor.own_optimizer import RATE, accumulates, rates_in, rule_of
from pellucid.analysis.doctor.own_slopes import (
    Fit,
    Measured,
    alike,
    closer,
    factor,
    fit_of,
    fits_of,
    holds,
    measure,
)
from pellucid.analysis.doctor.own_state import leaves
from pellucid.analysis.doctor.own_turn import Seen, Turn
from pellucid.core.arrays import AnyArray, Array

MUCH_ALIKE = 0.95  # the cosine of two losses' slopes, from which on they may be one loss and a penalty
SAME = 1 - 1e-6  # and from which on they are one loss
SHOWN = ("absolute error",)  # losses that are often shown, whatever is minimised
ERROR = re.compile("err|fehler", re.IGNORECASE)  # what is called so may be a mean of distances, just to be shown


@dataclass
class OwnStep:
    """What the learner's own first step shows."""

    line: int  # of the loop
    loss: str  # against whose slope the parameters move
    own_loss: bool  # whether the file computes it itself
    right: list[str]  # the parameters that move against their slopes, all by one factor
    wrong: dict[str, str] = field(default_factory=dict)  # others: what they do in place of that
    kinds: dict[str, str] = field(default_factory=dict)  # dW or db of each
    by_gradients: bool = False  # the gradients were compared, not the moves: an optimiser makes these
    rule: bool | None = True  # whether the optimiser's step is as it should be; None where that cannot be told
    rate: float | None = None  # the factor
    rate_known: bool = False  # whether the file has this number as its learning rate
    out_of_step: tuple[int, int] | None = None  # samples with the labels of others, of how many
    has_other_loss: bool = False  # whether the file computes another loss itself
    states_other_loss: str = ""  # what it calls that, where it is another function
    neurons_alike: int | None = None  # hidden neurons that are alike before the first step


def judged(turn: Turn, measured: Measured, best: Fit, losses: dict[Key, Loss], seen: Seen) -> OwnStep:
    """What is right and wrong where the parameters move along the slope of the best loss."""
    best = closer(turn, measured, best, losses[best.key])
    step = OwnStep(turn.line, called(best.key), not is_ordinary(best.key), [label_of(path) for path in best.right])
    if best.common > 0:
        step.right, step.wrong = [], {label_of(path): UPHILL for path in best.right}
    _add_wrong(step, measured, best, losses)
    if len(best.right) == 1:
        step.wrong |= _of_others(turn, measured, best, losses, rates_in(seen))
    if accumulates(turn, measured, best, losses[best.key]):
        step.wrong = {label_of(path): KEPT for path in best.right} | step.wrong
        step.right = []
    step.rate = abs(best.common)
    step.rate_known = step.own_loss and any(alike(rate, step.rate) for rate in rates_in(seen))
    if not step.wrong and _is_mean_twice(measured, best, losses, seen):
        step.right, step.wrong = [], {label_of(path): TWICE for path in best.right}
    step.has_other_loss, step.states_other_loss = _other_loss(turn, measured, best, losses)
    return step


def label_of(path: Path) -> str:
    """A parameter nearly as the user writes it: W1 for ``self.W1``, params.W1 for ``params["W1"]``, layers[0].W."""
    text = str(path[1]) if path[0] in ("globals", "locals") else str(path[0])
    for part in path[2:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix("self.")


def _add_wrong(step: OwnStep, measured: Measured, fit: Fit, losses: dict[Key, Loss]) -> None:
    """The parameters that do not move as the others do, and what they do in place of that."""
    for path, c in fit.factors.items():
        if path in fit.right:
            continue
        moves, slopes, label = measured.moves[path], measured.slopes[fit.key][path], label_of(path)
        several = measured.start[path].size > 1
        decay = factor(moves - fit.common * slopes, fit.common * measured.sizes[path]) if several else None
        own = _penalty(measured, fit, path, losses) if decay is not None else 0.0
        if not np.any(moves):
            step.wrong[label] = "it never moves, though the loss depends on it"
        elif decay is not None and own:
            step.wrong[label] = f"its L2 term is {(own + decay) / own:.4g} times that of the loss"
        elif decay is not None and decay > 0:
            step.right.append(label)  # and decays, as L2 regularisation makes it
        elif decay is not None:
            step.wrong[label] = "its L2 term has the wrong sign: it lets the weights grow"
        elif c is not None and c * fit.common < 0 and several:
            step.wrong[label] = UPHILL
        elif c is not None and several:
            step.wrong[label] = f"it moves {c / fit.common:.4g} times as far for its slope as the others do"
        else:
            step.wrong[label] = "it does not move along its slope: its gradient is wrong"


def _of_others(
    turn: Turn, measured: Measured, best: Fit, losses: dict[Key, Loss], rates: list[float]
) -> dict[str, str]:
    """What moves along the slope of another loss, where one parameter alone moves along that of the best one."""
    for key in losses:
        for fit in fits_of(measured, key, rates):
            if fit.common < 0 and not set(fit.right) & set(best.right) and holds(turn, measured, fit, losses[key]):
                return {
                    label_of(path): f"it moves against the slope of another loss, {called(key)}" for path in fit.right
                }
    return {}


def _penalty(measured: Measured, fit: Fit, path: Path, losses: dict[Key, Loss]) -> float:
    """The strength of the L2 penalty that the loss holds itself; 0 where it holds none, or nobody knows."""
    whole = measured.slopes[fit.key]
    free = [other for other in fit.right if measured.start[other].size > 1]  # some of them without a penalty
    for key in losses if not is_ordinary(fit.key) else ():
        plain = measured.slopes[key]
        shares = [c for other in free if (c := factor(whole[other], plain[other])) is not None and is_ordinary(key)]
        if shares and all(alike(c, shares[0]) for c in shares):
            return factor(whole[path] - shares[0] * plain[path], measured.sizes[path]) or 0.0
    return 0.0


def _is_mean_twice(measured: Measured, best: Fit, losses: dict[Key, Loss], seen: Seen) -> bool:
    """Whether the moves are the learning rate times the slope of a mean loss, divided by the number of samples again.

    A gradient may be that of a sum or of a mean, over the samples and over the outputs, halved or doubled.
    """
    for key in losses:
        fit = fit_of(measured, key)
        if not is_ordinary(key) or key[0] in SHOWN or set(fit.right) != set(best.right) or fit.common >= 0:
            continue
        outputs = seen[key[1]].shape[-1] if seen[key[1]].ndim > 2 else 1
        m = seen[key[1]].size / outputs
        usual = [a / b / c for a in (1, 0.5, 2) for b in (1, outputs) for c in (1, m)]
        scales = [-fit.common / rate for rate in rates_in(seen) if rate > 0]
        if m < FEW or not scales or any(alike(scale, one) for scale in scales for one in usual):
            return False
        if any(alike(scale, one / m) for scale in scales for one in usual):
            return True
    return False


FEW = 8  # samples: with fewer, a factor m may be many things
TWICE = "its gradient is divided by the number of samples once too often: it moves 1/m as far as the learning rate says"
KEPT = "its second step holds the gradient of the first as a whole: gradients are added up, and never set back to 0"
UPHILL = "it moves along its slope, uphill, so the loss grows"


def kind_of(path: Path, value: AnyArray) -> str:
    """Whether a parameter is a weight or a bias: dW or db."""
    q = quantity(name_of_key(path))
    return f"d{q.kind}" if q is not None and q.kind in "Wb" else "dW" if value.ndim > 1 else "db"


def of_optimizer(turn: Turn, measured: Measured, losses: dict[Key, Loss], seen: Seen, *, alone: bool) -> OwnStep | None:
    """The step where no parameter moves along a slope, but the gradients are there: an optimiser makes the moves."""
    found = by_gradients(turn, measured, losses, seen)
    if found is None:
        return None
    key, of_gradients = found.fit.key, replace(measured, moves=found.along)
    found.fit = closer(turn, of_gradients, found.fit, losses[key])
    right = [label_of(path) for path in found.fit.right]
    step = OwnStep(turn.line, called(key), not is_ordinary(key), right, by_gradients=True)
    if is_gathering(measured):
        gathered = Gathered(measured, key, losses[key], found.gradients, seen)
        return _of_later_step(turn, gathered, step) if found.is_whole else None
    step.rule, fault = rule_of(turn, measured, seen, found.gradients, alone=alone)
    _add_wrong(step, of_gradients, found.fit, losses)
    if step.wrong:  # these arrays are what the optimiser takes for gradients: its moves show it
        return step if step.rule else None
    if fault:
        step.right, step.wrong = [], dict.fromkeys(step.right, fault)
    elif all(float(measured.moves[path] @ measured.slopes[key][path]) > 0 for path in found.fit.right):
        step.wrong = dict.fromkeys(step.right, UPHILL)
    return step


def _of_later_step(turn: Turn, gathered: Gathered, step: OwnStep) -> OwnStep | None:
    """The step that some turns like this one make together."""
    made = gathered.step(turn, gathered.measured.start)
    if made is None:
        return None
    common = made.common
    step.rule = True if common else None
    if common is not None and common > 0:
        step.right, step.wrong = [], dict.fromkeys(step.right, UPHILL)
    elif gathered.is_kept(made):
        step.right, step.wrong = [], dict.fromkeys(step.right, KEPT)
    return step


def _other_loss(turn: Turn, measured: Measured, best: Fit, losses: dict[Key, Loss]) -> tuple[bool, str]:
    """Whether the file computes a loss along whose slope they do not move; and its name, where it is quite another.

    It may be computed after the step: with a learning rate of 0 that makes no difference.
    """
    own = [key for key in losses if not is_ordinary(key) and is_called_loss(key)]
    named = [key for key in own if not ERROR.search(name_of_key(key))]
    if not is_ordinary(best.key) or not named:
        return False, ""
    rates = [path for path, v in leaves(turn.state).items() if v.size == 1 and meaning(name_of_key(path)) == RATE]
    shown = [key for key in losses if key[0] in SHOWN and key[1:] == best.key[1:]]
    others = [key for key in losses if is_ordinary(key) and key[0] not in SHOWN and key != best.key]
    few = {key: losses[key] for key in (best.key, *named[:1], *shown, *others)}
    resting = {path: np.zeros(()) for path in rates}
    slopes = measure(turn, {**measured.start, **resting}, measured.whole, few, np.random.default_rng(2)).slopes

    def whole(key: Key) -> Array:
        found = np.concatenate([slopes[key][path] for path in best.right])
        return np.asarray(found / (np.linalg.norm(found) or 1.0))

    cosines = {key: abs(float(whole(named[0]) @ whole(key))) for key in few if key != named[0]}
    like = max(cosines[key] for key in (best.key, *shown))
    known = any(cosines[key] > SAME for key in others)  # it is another of the losses that the doctor knows
    is_other = (like < SAME and known) or (bool(rates) and like < MUCH_ALIKE)
    return True, name_of_key(named[0]) if is_other else ""
