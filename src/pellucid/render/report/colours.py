"""Numbers as colours: the surface of the page at 0, blue above, orange below, and text upon them that stays legible.

The page mixes them itself, from the tokens of the theme that it has: ``page.css`` says how deep ``--pos-full`` and
``--neg-full`` are.
"""

import numpy as np

from pellucid.core.arrays import AnyArray

STRETCH = 0.4  # the power of a share that is its depth, so that a few in a hundred can be seen beside a hundred


def style(value: float, limit: float = 1.0) -> str:
    """A cell's style for a number in −limit … limit.

    >>> style(0.5)
    'background:color-mix(in srgb,var(--pos-full) 50%,var(--surface))'
    """
    share = min(abs(value) / limit, 1.0) if limit > 0 else 0.0
    return (
        f"background:color-mix(in srgb,var(--{'pos' if value > 0 else 'neg'}-full) {100 * share:.0f}%,var(--surface))"
    )


def stretched(share: float) -> float:
    """How deep the colour of a share is.

    >>> round(stretched(0.01), 2), stretched(1.0)
    (0.16, 1.0)
    """
    return float(share**STRETCH)


def depths(values: AnyArray, limit: float) -> tuple[AnyArray, AnyArray]:
    """How deep numbers are above 0 and below it, as bytes each; what lies beyond ±limit is as deep as ±limit.

    >>> [half.tolist() for half in depths(np.array([-9.0, 0.0, 0.5]), 1.0)]
    [[0, 0, 128], [255, 0, 0]]
    """
    scaled = np.rint(255 * np.clip(values / (limit or 1.0), -1.0, 1.0))
    return np.maximum(scaled, 0).astype(np.uint8), np.maximum(-scaled, 0).astype(np.uint8)
