"""The pictures of the figures, drawn with the numbers at the start; the scripts change numbers and places in them."""

from collections.abc import Sequence

import numpy as np

from pellucid._text import escape
from pellucid.core.arrays import Array
from pellucid.core.network import Network

WIDE, HIGH = 360, 210
FLAT = 140  # high is a chain, which stands in one row
CURVE = (30, 330, 10, 90)  # left, right, above, below
REACH = 6.0  # of z, to each side


def number(value: float) -> str:
    """As the scripts write it: three places, a true minus."""
    return f"{value:.3f}".replace("-", "−")


def network(net: Network, x: Sequence[float], z: Sequence[Array], a: Sequence[Array], words: str) -> str:
    """Circles and lines: inputs on the left, each layer's neuron to the right of the one before."""
    row = max(net.sizes) == 1
    high, radius = (FLAT, 33) if row else (HIGH, 36)
    across = np.linspace(24, WIDE - 40, len(net.sizes))
    heights = [np.array([high / 2]) if n == 1 else np.linspace(50, high - 50, n) for n in net.sizes]
    parts = [_edges(net, across, heights, radius + 10 if row else 8)]
    parts += [_input(across[0], height, i, x[i]) for i, height in enumerate(heights[0])]
    for l, (_, b, _) in enumerate(net.layers, 1):
        parts += _neuron(across[l], high / 2, radius, l, [z[l - 1][0], a[l - 1][0], b[0]])
    about = f'viewBox="0 0 {WIDE} {high}" role="img" aria-label="{escape(words)}"'
    return f'<svg class="net" {about}>{"".join(parts)}</svg>{_sigmoid(z[-1][0], a[-1][0])}'


def _edges(net: Network, across: Array, heights: Sequence[Array], above: float) -> str:
    """The lines, and ``above`` the middle of each its weight."""
    parts = []
    for l, (W, _, _) in enumerate(net.layers):
        (x1, x2), y2 = (across[l], across[l + 1]), heights[l + 1][0]
        for i, y1 in enumerate(heights[l]):
            w, name = float(W[0, i]), f"w{l + 1},{i}"
            ends = f'x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}"'
            kind, width = ("neg", "pos")[w >= 0], 1 + 2 * abs(w)
            parts.append(f'<line class="edge {kind}" data-edge="{name}" {ends} stroke-width="{width:.1f}"/>')
            parts.append(_text((x1 + x2) / 2, (y1 + y2) / 2 - above, "", name, w))
    return "".join(parts)


def _text(x: float, y: float, of: str, name: str, value: float) -> str:
    """A number that the script may change, behind what it is the number of."""
    before = f'<tspan class="of">{of} </tspan>' if of else ""
    return f'<text x="{x:.0f}" y="{y:.0f}">{before}<tspan data-is="{name}">{number(value)}</tspan></text>'


def _input(x: float, y: float, i: int, value: float) -> str:
    return f'<circle class="in" cx="{x:.0f}" cy="{y:.0f}" r="22"/>{_text(x, y + 5, "", f"x{i}", value)}'


def _neuron(x: float, y: float, radius: int, l: int, numbers: Sequence[float]) -> list[str]:
    """A circle with z and a in it, and b below it."""
    texts = zip("zab", (y - 5, y + 13, y + radius + 18), numbers, strict=True)
    circle = f'<circle class="neuron" data-neuron="{l}" cx="{x:.0f}" cy="{y:.0f}" r="{radius}"/>'
    return [circle, *(_text(x, height, name, f"{name}{l}", value) for name, height, value in texts)]


def _sigmoid(z: float, a: float) -> str:
    """The curve from z to a, and on it the point where the last neuron is."""
    left, right, above, below = CURVE
    middle = (left + right) / 2
    scores = np.linspace(-REACH, REACH, 61)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_on_curve(s, 1 / (1 + np.exp(-s))) for s in scores))
    x, y = _on_curve(z, a)
    words = zip((left, middle, right), ("−6", "z = 0", "6"), strict=True)
    return (
        f'<svg class="curve" viewBox="0 0 {WIDE} 112" role="img" aria-label="The sigmoid: from z to a">'
        f'<path class="axis" d="M{left} {below}H{right}M{middle} {below}V{above}"/><polyline points="{points}"/>'
        f'<circle class="at" cx="{x:.1f}" cy="{y:.1f}" r="6"/>'
        f'<text x="{middle + 8}" y="{above + 8}" class="begin">a = 1</text>'
        + "".join(f'<text x="{place}" y="{below + 16}">{word}</text>' for place, word in words)
        + "</svg>"
    )


def _on_curve(z: float, a: float) -> tuple[float, float]:
    """Where an answer a stands in that picture; scores beyond it at its edge."""
    left, right, above, below = CURVE
    return left + (right - left) * (min(max(z, -REACH), REACH) + REACH) / (2 * REACH), below - (below - above) * a


BOWL = (24, 336, 12, 180)  # left, right, above, below
SIDE = 1.2  # of θ, to each side


def descent(positions: Sequence[float], words: str) -> str:
    """The parabola L = θ², and the steps down it."""
    left, right, above, below = BOWL
    thetas = np.linspace(-SIDE, SIDE, 61)
    curve = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(on_bowl, thetas))
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(on_bowl, positions) if left <= x <= right)
    return (
        f'<svg class="bowl" viewBox="0 0 360 {HIGH}" role="img" aria-label="{escape(words)}">'
        f'<path class="axis" d="M{left} {below}H{right}M180 {below}V{above}"/><polyline points="{curve}"/>'
        f'<polyline class="way" points="{way}"/><g id="steps"></g>'
        f'<text x="180" y="{below + 18}">θ = 0</text><text x="188" y="{above + 8}" class="begin">L = θ²</text></svg>'
    )


def on_bowl(theta: float) -> tuple[float, float]:
    """Where a θ stands in that picture."""
    left, right, above, below = BOWL
    return (left + (right - left) * (theta + SIDE) / (2 * SIDE), below - (below - above) * theta**2 / SIDE**2)
