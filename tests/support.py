"""Names that several test files use."""

from collections.abc import Callable
from dataclasses import dataclass

from pellucid.datasets import Samples, Stream, WeightedSamples


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]  # pellucid("train", "--epochs", 3) -> Ended


def loaded(part: Samples | WeightedSamples | Stream | None) -> Samples:
    """A part of a data set that is in memory."""
    assert isinstance(part, Samples)
    return part
