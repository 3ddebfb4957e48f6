"""Which weights moved most in a training: from the first snapshot of θ to the last."""

import numpy as np

from pellucid.analysis.explain.names import Names
from pellucid.analysis.explain.step import Block, Section, Step
from pellucid.core.errors import InputError
from pellucid.core.trace import views
from pellucid.runs import SavedRun


def moved(run: SavedRun, *, top: int = 8) -> Section:
    """The ``top`` weights of each layer that moved most between the first and the last snapshot of a run.

    Raises:
        InputError: the run has no two snapshots yet, or is not finished.
    """
    if len(run.steps) < 2:
        raise InputError(f"{run.folder}: has kept no two snapshots of its weights; train it for longer")
    names, sizes, blocks = Names(run.model), run.network.sizes, list[Block]()
    pairs = zip(views(run.thetas[0], sizes), views(run.thetas[-1], sizes), strict=True)
    for l, ((before, _), (after, _)) in enumerate(pairs, start=1):
        change = after.astype(np.float64) - before
        steps = []
        for place in np.argsort(-np.abs(change), axis=None, kind="stable")[:top]:
            j, i = divmod(int(place), sizes[l - 1])
            operands = {"W_end": float(after[j, i]), "W_start": float(before[j, i])}
            why = f"{names.neuron(l - 1, i)} → {names.neuron(l, j)}"
            steps.append(Step(l, "change", "W_end - W_start", operands, float(change[j, i]), f"W{l}[{j}, {i}]", j, why))
        blocks += [f"Layer {l}, W{l}[neuron, input]:", tuple(steps)]
    return Section(f"The weights that moved most, from step {run.steps[0]:,} to step {run.steps[-1]:,}", tuple(blocks))
