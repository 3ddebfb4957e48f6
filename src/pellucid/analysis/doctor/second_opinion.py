"""A diagnosis beside the learner's own first step: what is said of a network is what its own training shows.

The ways of driving code guess what a function should be given. Where a guess was wrong, the learner's own step, on the
learner's own data, tells: a gradient that is right there is not accused, a file that could not be driven is compared
all the same, and a fault that no single call shows is found.
"""

import re
from dataclasses import replace

from pellucid.analysis.doctor.diagnosis import IN_STEP, Diagnosis
from pellucid.analysis.doctor.own_verdict import OwnStep
from pellucid.analysis.doctor.symmetry import finding as alike
from pellucid.analysis.finding import Finding

OF_GRADIENTS = ("dW", "db", "dZ", "dz", "delta", "dA", "da", "dX")  # quantities that the step shows
LAYERS = re.compile(r"\bd?[WbZA](\d+)")  # that a fault names
UPHILL = "goes in the wrong direction"
UNKNOWN = "the doctor does not know what"
SMALL = "updated before"  # what a step with a small learning rate does not show
INDICES = re.compile(r"(\[\d+\])+$")
MOST_NAMED = 8  # parameters that a text names
FACTOR = "every gradient is"
NEAREST = "the nearest loss"  # that the doctor knows: of the file's own one the step tells more


def second_opinion(diagnosis: Diagnosis | None, step: OwnStep) -> Diagnosis:
    """The diagnosis, None where the file could not be read in any way, with what the own step shows."""
    first = diagnosis or Diagnosis([], [], [], [], None)
    shown = _findings(step)
    if shown:
        in_step = f", {IN_STEP}" if step.out_of_step is not None else None
        compared = [line.replace(in_step, "") if in_step else line for line in first.compared]
        guessed = step.own_loss and any(NEAREST in finding.evidence for finding in first.findings)
        return first if first.findings and not guessed else Diagnosis(shown, compared, [], first.notes, False)
    kept = [finding for finding in first.findings if not _is_refuted(finding, step)]
    refuted = len(kept) < len(first.findings)
    if first.healthy and step.rule is not False:
        left = [line for line in first.not_compared if UNKNOWN not in line]  # the step was compared all the same
        return replace(first, compared=[*first.compared, _compared(step)], not_compared=left)
    if first.findings and not refuted:
        return first
    compared = [*([] if refuted else first.compared), _compared(step)]
    left = [] if step.rule else [f"the update: because {RULE[step.rule]}; its direction is downhill"]
    if step.has_other_loss:
        left.append(f"your own loss: because that step does not compute it; the gradients are of {step.loss}")
    return Diagnosis(kept, compared, left, first.notes, False if kept else None if step.rule is False else True)


RULE = {
    False: "its first steps are none that Adam, RMSprop, Adagrad or clipping make with the file's own numbers",
    None: "it is more than plain gradient descent",
}


def _is_refuted(finding: Finding, step: OwnStep) -> bool:
    """Whether the own step shows otherwise; of gradients only where it is the file's own loss that it shows."""
    weights = sum(step.kinds[label] == "dW" for label in step.right)
    if weights < max(map(int, LAYERS.findall(finding.fault)), default=1):
        return False  # of dead neurons' parameters the step shows nothing
    if UPHILL in finding.fault:
        return True
    of_step = finding.quantity in OF_GRADIENTS and not step.has_other_loss and SMALL not in finding.fault
    return of_step and (step.rate_known or not finding.fault.startswith(FACTOR))


def _compared(step: OwnStep) -> str:
    what = "has a gradient that is its slope" if step.by_gradients else "moves against its slope"
    names = _listed(step.right, [])
    return f"the first step of the loop in line {step.line}, on your data: each of {names} {what} of {step.loss}"


def _whole(labels: list[str], others: list[str]) -> list[str]:
    """Names without their indices, W for W[0] and W[1], where no other part of the same is among the others."""
    rest = {INDICES.sub("", label) for label in others}
    names = [INDICES.sub("", label) for label in labels]
    return list(dict.fromkeys(label if name in rest else name for label, name in zip(labels, names, strict=True)))


def _listed(labels: list[str], others: list[str]) -> str:
    """Some names, and how many more."""
    names = _whole(labels, others)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _findings(step: OwnStep) -> list[Finding]:
    found = []
    where = f"line {step.line}: in the first step of this loop, on your own data"
    others = f"; {_listed(step.right, [*step.wrong])} move against theirs" if step.right else ""
    for what in dict.fromkeys(step.wrong.values()):
        labels = [label for label, other in step.wrong.items() if other == what]
        names = _listed(labels, [*step.right, *(label for label in step.wrong if label not in labels)])
        evidence = f"{where}, against the slope of {step.loss}{others}"
        remedy = next((text for word, text in REMEDIES.items() if word in what), REMEDY)
        found.append(Finding(None, step.kinds[labels[0]], f"{names}: {what}", evidence, remedy))
    if step.out_of_step is not None:
        wrong, count = step.out_of_step
        fault = "the labels are out of step with the inputs in training: inputs stand beside the labels of others"
        remedy = "shuffle both alike: order = rng.permutation(m), then X and Y both by order"
        found.append(Finding(None, "y", fault, f"{where}: {wrong} of {count} samples", remedy))
    if step.neurons_alike is not None:
        found.append(alike(step.neurons_alike, f"{where}: "))
    if step.states_other_loss:
        name = step.states_other_loss
        fault = f"the parameters move against the slope of {step.loss}, but {name} computes something else"
        remedy = f"let {name} compute what is minimised, or derive the gradients from it"
        found.append(Finding(None, "loss", fault, where, remedy))
    return found


REMEDIES = {
    "Adam": "m̂ = m / (1 - beta1 ** t) and v̂ = v / (1 - beta2 ** t), with t = 1, 2, 3, … from step to step",
    "once too often": "divide by the number of samples in one place alone",
}
REMEDY = "go through the lines that make its gradient, from the loss backward, and compare each with the forward pass"
