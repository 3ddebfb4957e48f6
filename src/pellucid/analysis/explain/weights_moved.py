"""Which weights moved most in a training: from the first snapshot of θ to the last."""

from pellucid.analysis.explain.names import Names
from pellucid.analysis.explain.step import Block, Section
from pellucid.analysis.explain.terms import moved_most
from pellucid.core.errors import InputError
from pellucid.runs import SavedRun


def moved(run: SavedRun, *, top: int = 8) -> Section:
    """The ``top`` weights of each layer that moved most between the first and the last snapshot of a run.

    Raises:
        InputError: the run has no two snapshots yet, or is not finished.
    """
    if len(run.steps) < 2:
        raise InputError(f"{run.folder}: has kept no two snapshots of its weights; train it for longer")
    names, sizes = Names(run.model), run.network.sizes
    blocks: list[Block] = []
    for l, found in enumerate(moved_most(sizes, run.thetas[0], run.thetas[-1], names, top=top), start=1):
        blocks += [f"Layer {l}, W{l}[neuron, input]:", tuple(found)]
    return Section(f"The weights that moved most, from step {run.steps[0]:,} to step {run.steps[-1]:,}", tuple(blocks))
