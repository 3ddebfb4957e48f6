"""What an explanation is made of: a step, one formula with operands and value; sections, which put steps in words."""

from collections.abc import Mapping
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
        return {
            "layer": self.layer,
            "quantity": self.quantity,
            "neuron": self.neuron,
            "name": self.name,
            "why": self.why,
            "formula": self.formula,
            "operands": dict(self.operands),
            "value": self.value,
        }


@dataclass(frozen=True)
class Code:
    """Lines of Python, shown as they are."""

    text: str


Block = str | Code | Step | tuple[Step, ...]  # a sentence, code, a line of its own, or lines under each other


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
        found: list[Step] = []
        for block in self.blocks:
            if isinstance(block, Step):
                found.append(block)
            elif isinstance(block, tuple):
                found += block
        return found


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
        sections = [
            {"title": section.title, "steps": [step.as_json() for step in section.steps]} for section in self.sections
        ]
        return {
            **self.facts,
            "steps": [step.as_json() for step in self.steps],
            "after": [step.as_json() for step in self.after],
            "sections": sections,
        }
