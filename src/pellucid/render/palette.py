"""The look of the pages for what is no page: pictures, pieces of HTML in notebooks, the terminal.

Colours and sizes are read from ``web/tokens.css``, so that each of them is decided in one place.
"""

import re
from functools import cache

from pellucid.render.web import read

Colour = tuple[int, int, int]

_DECLARED = re.compile(r"--([\w-]+):\s*([^;]+);")
_BLOCK = {
    "light": re.compile(r"^:root \{(.*?)\}", re.DOTALL | re.MULTILINE),
    "dark": re.compile(r'^:root\[data-theme="dark"\] \{(.*?)\}', re.DOTALL | re.MULTILINE),
}


@cache
def tokens(theme: str = "light") -> dict[str, str]:
    """What each custom property is in a theme, light or dark, by its name without the dashes before it.

    >>> tokens()["train"], tokens("dark")["train"], tokens("dark")["s-1"]
    ('#0072b2', '#56b4e9', '.25rem')
    """
    sheet = re.sub(r"/\*.*?\*/", "", read("tokens.css"), flags=re.DOTALL)
    found: dict[str, str] = {}
    for name in ("light", theme):
        block = _BLOCK[name].search(sheet)
        assert block is not None
        found |= _DECLARED.findall(block[1])
    return found


def paint(name: str) -> str:
    """A colour for SVG: what the page around it says, and where nobody does, that of the light theme.

    Marks in the light theme's colours can be told from a dark ground as well, as notebooks have it.

    >>> paint("dev")
    'var(--dev,#b06f00)'
    """
    return f"var(--{name},{tokens()[name]})"


def pixels(name: str) -> float:
    """A size of type in pixels.

    >>> pixels("t-14")
    14.0
    """
    return 16 * float(tokens()[name].partition("rem")[0])


def rgb(colour: str) -> Colour:
    """A colour as three bytes.

    >>> rgb("#0072b2")
    (0, 114, 178)
    """
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """``share`` of one colour in another, as ``color-mix(in srgb, …)`` makes it.

    >>> mix((0, 114, 178), (255, 255, 255), 0.5)
    (128, 184, 216)
    """
    red, green, blue = (round(b + (a - b) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours, 1 to 21 (Web Content Accessibility Guidelines 2.2, "contrast ratio").

    >>> round(contrast((0, 0, 0), (255, 255, 255)))
    21
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def on_paper() -> str:
    """The style that gives paper the light theme, whatever the screen has."""
    light, dark = tokens("light"), tokens("dark")
    said = ";".join(f"--{name}:{light[name]}" for name in light if light[name] != dark[name])
    return f"@media print{{:root:root:root{{color-scheme:light;{said}}}}}"
