"""Which weights moved most in a training: from the first snapshot of θ to the last."""

from pellucid.errors import InputError
from pellucid.explain.names import Names
from pellucid.explain.step import Block, Section
from pellucid.explain.terms import moved_most
from pellucid.runs import Look


def moved(look: Look, *, top: int = 8) -> Section:
    """The ``top`` weights of each layer that moved most between the first and the last snapshot of a run.

    Raises:
        InputError: the run has no two snapshots yet, or is not finished.
    """
    if len(look.steps) < 2:
        raise InputError(f"{look.folder}: has kept no two snapshots of its weights; train it for longer")
    names, sizes = Names(look.model), look.network.sizes
    blocks: list[Block] = []
    for l, found in enumerate(moved_most(sizes, look.thetas[0], look.thetas[-1], names, top=top), start=1):
        blocks += [f"Layer {l}, W{l}[neuron, input]:", tuple(found)]
    return Section(
        f"The weights that moved most, from step {look.steps[0]:,} to step {look.steps[-1]:,}", tuple(blocks)
    )
