"""What the user's functions can be handed: values, found by what the name of an argument means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pellucid.analysis.doctor.naming import LAST, Quantity, meaning, quantity


@dataclass
class AvailableValues:
    """What can be handed to a function: arrays by quantity, other things by meaning, everything by its own name."""

    arrays: dict[Quantity, Any] = field(default_factory=dict)
    by_meaning: dict[str, Any] = field(default_factory=dict)
    by_name: dict[str, Any] = field(default_factory=dict)

    def extended(self, *, arrays: Mapping[Quantity, Any] | None = None, **by_meaning: Any) -> "AvailableValues":
        """The same values and more."""
        renamed = {key.replace("_", " "): value for key, value in by_meaning.items()}
        return AvailableValues({**self.arrays, **(arrays or {})}, {**self.by_meaning, **renamed}, dict(self.by_name))

    def __contains__(self, name: str) -> bool:
        return any(key in values for values, key in self._places(name))

    def __getitem__(self, name: str) -> Any:
        return next(values[key] for values, key in self._places(name) if key in values)

    def _places(self, name: str) -> Iterator[tuple[dict[Any, Any], Any]]:
        """Where to look for the value of a name: the likelier place first."""
        q, word = quantity(name), meaning(name)
        if word not in ("X", "y", "one hot"):
            yield self.by_name, name  # returned under this very name
        if q is not None and q.layer == LAST:
            layers = [found.layer for found in self.arrays if found.kind == q.kind]
            q = Quantity(q.kind, max(layers, default=LAST))
        if q == Quantity("a", 0):
            yield self.by_meaning, "X"
        yield self.arrays, q
        yield self.by_meaning, name
        yield self.by_name, name
        yield self.by_meaning, word
        if q == Quantity("a", LAST) or name in ("logits", "scores"):
            yield self.by_meaning, "output"
