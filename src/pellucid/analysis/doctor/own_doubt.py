"""Losses of one number, which many a number of a turn may be: the turns of a loop together tell which one it is.

With one sample and one output every function of the output has slopes in one ratio. A reading that accuses is believed
only where it is the same turn after turn, with other targets.
"""

from dataclasses import dataclass, field

from pellucid.analysis.doctor.own_losses import Key, is_called_loss, is_ordinary
from pellucid.analysis.doctor.own_slopes import Fit, alike
from pellucid.analysis.doctor.own_turn import Seen


def is_doubtful(fit: Fit, seen: Seen) -> bool:
    """Whether a loss of one output, or a number that is not called a loss, speaks against some of the parameters."""
    alone = seen[fit.key[1]].size == 1 if is_ordinary(fit.key) else not is_called_loss(fit.key)
    return alone and (fit.common > 0 or len(fit.right) < len(fit.factors))


@dataclass
class Doubts:
    """What each loop's turns have shown so far: the fits that all of them have, and each one's targets."""

    fits: dict[int, dict[Key, Fit]] = field(default_factory=dict)
    targets: dict[Key, set[bytes]] = field(default_factory=dict)

    def settled(self, line: int, fits: list[Fit], seen: Seen) -> Fit | None:
        """The first of a turn's fits that all turns of this loop have had, with targets that were not all the same."""
        before = self.fits.get(line)
        kept: dict[Key, Fit] = {}
        for fit in fits:
            if fit.key not in kept and (before is None or (fit.key in before and _same(fit, before[fit.key]))):
                kept[fit.key] = fit
                seen_targets = self.targets.setdefault(fit.key, set())
                seen_targets.add(seen[fit.key[2]].tobytes() if is_ordinary(fit.key) else bytes(len(seen_targets)))
        self.fits[line] = kept
        varied = [fit for key, fit in kept.items() if before is not None and len(self.targets[key]) > 1]
        return varied[0] if len({frozenset(fit.right) for fit in varied}) == 1 else None


def _same(one: Fit, other: Fit) -> bool:
    return set(one.right) == set(other.right) and alike(one.common, other.common)
