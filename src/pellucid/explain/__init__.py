"""A trace in words and steps: each number of a pass as a formula, its operands and its value."""

from pellucid.explain.chain import three_neurons
from pellucid.explain.loops import vectorization
from pellucid.explain.path import moved
from pellucid.explain.sample import sample
from pellucid.explain.step import Code, Explanation, Section, Step
from pellucid.explain.steps import steps
from pellucid.explain.text import line, markdown

__all__ = [
    "Code",
    "Explanation",
    "Section",
    "Step",
    "line",
    "markdown",
    "moved",
    "sample",
    "steps",
    "three_neurons",
    "vectorization",
]
