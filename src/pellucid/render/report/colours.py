"""Numbers as colours: white at 0, blue above, orange below, and text upon them that stays legible."""

import numpy as np

from pellucid.core.arrays import AnyArray

BLUE, VERMILLION, WHITE, BLACK = (0, 114, 178), (213, 94, 0), (255, 255, 255), (0, 0, 0)
MIDDLE = 127  # the place of 0 in the palette

Colour = tuple[int, int, int]


def mix(colour: Colour, share: float) -> Colour:
    """White at 0, the colour at 1.

    >>> mix(BLUE, 0.0), mix(BLUE, 1.0)
    ((255, 255, 255), (0, 114, 178))
    """
    share = min(max(share, 0.0), 1.0)
    red, green, blue = (round(w + (c - w) * share) for w, c in zip(WHITE, colour, strict=True))
    return red, green, blue


def signed(value: float, limit: float) -> Colour:
    """The colour of a number in −limit … limit."""
    return mix(BLUE if value > 0 else VERMILLION, abs(value) / limit if limit > 0 else 0.0)


def palette() -> AnyArray:
    """The colours of −127 … 127 as a palette (255, 3): the place of 0 is 127."""
    return np.array([signed(k - MIDDLE, MIDDLE) for k in range(2 * MIDDLE + 1)], np.uint8)


def places(values: AnyArray, limit: float) -> AnyArray:
    """Numbers as places in the palette; what lies beyond ±limit has the colour of ±limit."""
    scaled = np.clip(values / (limit or 1.0), -1.0, 1.0)
    return (np.rint(MIDDLE * scaled) + MIDDLE).astype(np.uint8)


def style(colour: Colour) -> str:
    """A cell's style: the colour, and black or white upon it, whichever is easier to read."""
    ink = "#000" if contrast(colour, BLACK) >= contrast(colour, WHITE) else "#fff"
    return f"background:#{bytes(colour).hex()};color:{ink}"


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours, 1 to 21 (Web Content Accessibility Guidelines 2.2, "contrast ratio").

    >>> round(contrast(BLACK, WHITE))
    21
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
