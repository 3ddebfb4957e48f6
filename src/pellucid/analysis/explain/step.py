"""What an explanation is made of: a step, one formula with operands and value; sections, which put steps in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError

Value = float | AnyArray


@dataclass(frozen=True)
class Step:
    """One formula, what goes in and what comes out.

    Evaluating ``formula``, a NumPy expression over ``np`` and the names in ``operands``, gives ``value`` in float64, to
    1e-12 of the sizes of what it adds up.

    Attributes:
        layer: counts from 1; 0 is the input, and the loss.
        quantity: ``x z a loss delta dW db W b``, W and b after the update; in sections also parts of these.
        name: what the value is called, such as ``z2`` or ``z2[5]``.
        neuron: which one of its layer, from 0; None for all of them.
        why: a few words for people: what this is.
        labels: for people, in place of an operand's name: ``{"W": "W2[5, 3]"}``.
    """

    layer: int
    quantity: str
    formula: str
    operands: Mapping[str, Value]
    value: Value
    name: str
    neuron: int | None = None
    why: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The step as data: layer, quantity, formula, operands, value; name, neuron and why beside them."""
        names = ("layer", "quantity", "neuron", "name", "why", "formula", "operands", "value")
        return {name: getattr(self, name) for name in names} | {"operands": dict(self.operands)}


@dataclass(frozen=True)
class Code:
    """Lines of Python, shown as they are."""

    text: str


@dataclass(frozen=True)
class Table:
    """What stands side by side, and is no formula: texts, and numbers on the right; the last column is coloured."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


Block = str | Code | Table | Step | tuple[Step, ...]  # a sentence, …, a line of its own, or lines under each other


@dataclass(frozen=True)
class Section:
    """A title, and under it sentences and steps in the order in which they are read."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def steps(self) -> list[Step]:
        """The steps alone.

        >>> step = Step(1, "z", "w * x", {"w": 2.0, "x": 3.0}, 6.0, "z1")
        >>> len(Section("Forward", ("In words.", step, (step, step))).steps)
        3
        """
        blocks = [(block,) if isinstance(block, Step) else block for block in self.blocks]
        return [step for block in blocks if isinstance(block, tuple) for step in block]


def of(steps: Iterable[Step], *quantities: str) -> tuple[Step, ...]:
    """The steps of some quantities alone.

    >>> steps = [Step(1, "z", "x", {"x": 1.0}, 1.0, "z1"), Step(0, "loss", "0", {}, 0.0, "loss")]
    >>> [step.name for step in of(steps, "z")]
    ['z1']
    """
    return tuple(step for step in steps if step.quantity in quantities)


@dataclass(frozen=True, repr=False)
class Explanation:
    """All that there is to say about one pass.

    ``facts`` are what it comes to (prediction, loss, …), ``summary`` the same in a sentence; ``steps`` the whole layers
    forward, loss, backward, update; ``after`` the pass forward of the updated network; ``sections`` the words.
    """

    title: str
    summary: str
    facts: Mapping[str, Any]
    steps: tuple[Step, ...]
    after: tuple[Step, ...]
    sections: tuple[Section, ...]

    def with_sections(self, *more: Section) -> "Explanation":
        """The same with more sections at the end."""
        return replace(self, sections=(*self.sections, *more))

    def only(self, words: str) -> "Explanation":
        """The same with those sections alone whose titles hold some words, whatever the case.

        Raises:
            InputError: there is no such section; the message names those that there are.
        """
        kept = tuple(section for section in self.sections if words.lower() in section.title.lower())
        if not kept:
            titles = "; ".join(section.title for section in self.sections)
            raise InputError(f"only={words!r}: no title holds that; there are: {titles}")
        return replace(self, sections=kept)

    def __repr__(self) -> str:
        return f"<Explanation of {self.title}: {self.summary}>"  # markdown() writes all of it

    def as_json(self) -> dict[str, Any]:
        """Everything as data; arrays stay arrays, which ``pellucid._files.to_json`` writes."""
        steps, after = ([step.as_json() for step in found] for found in (self.steps, self.after))
        sections = [{"title": one.title, "steps": [step.as_json() for step in one.steps]} for one in self.sections]
        return {**self.facts, "steps": steps, "after": after, "sections": sections}
