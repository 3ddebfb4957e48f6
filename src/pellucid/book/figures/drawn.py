"""The pictures of the figures, drawn with the numbers at the start; the scripts change numbers and places in them."""

from collections.abc import Sequence

import numpy as np

from pellucid._text import escape
from pellucid.core.arrays import Array
from pellucid.core.network import Network

WIDE, HIGH = 360, 210
CURVE = (30, 330, 10, 90)  # left, right, above, below
REACH = 6.0  # of z, to each side


def number(value: float) -> str:
    """As the scripts write it: three places, a true minus."""
    return f"{value:.3f}".replace("-", "−")


def network(net: Network, x: Sequence[float], z: Sequence[Array], a: Sequence[Array], words: str) -> str:
    """Circles and lines: inputs on the left, each layer's neuron to the right of the one before."""
    across = np.linspace(34, WIDE - 44, len(net.sizes))
    rows = [np.linspace(HIGH / 2, HIGH / 2, 1) if n == 1 else np.linspace(50, HIGH - 50, n) for n in net.sizes]
    parts = [_edges(net, across, rows)]
    for i, value in enumerate(x):
        parts.append(_input(across[0], rows[0][i], i, value))
    for l in range(1, len(net.sizes)):
        parts.append(_neuron(across[l], rows[l][0], l, z[l - 1][0], a[l - 1][0], net.layers[l - 1].b[0]))
    picture = f'<svg class="net" viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'
    return picture + _sigmoid(float(z[-1][0]), float(a[-1][0]), len(net.layers))


def _edges(net: Network, across: Array, rows: Sequence[Array]) -> str:
    parts = []
    for l, (W, _, _) in enumerate(net.layers):
        (x1, x2), y2 = (across[l], across[l + 1]), rows[l + 1][0]
        for i, y1 in enumerate(rows[l]):
            w, name = float(W[0, i]), f"w{l + 1},{i}"
            kind, width = ("neg", "pos")[w >= 0], 1 + 2 * abs(w)
            parts.append(
                f'<line class="edge {kind}" data-edge="{name}" x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" '
                f'stroke-width="{width:.1f}"/>'
                f'<text x="{(x1 + x2) / 2:.0f}" y="{(y1 + y2) / 2 - 8:.0f}" data-is="{name}">{number(w)}</text>'
            )
    return "".join(parts)


def _input(x: float, y: float, i: int, value: float) -> str:
    return (
        f'<circle class="in" cx="{x:.0f}" cy="{y:.0f}" r="26"/>'
        f'<text x="{x:.0f}" y="{y + 5:.0f}" data-is="x{i}">{number(value)}</text>'
    )


def _neuron(x: float, y: float, l: int, z: float, a: float, b: float) -> str:
    return (
        f'<circle class="neuron" data-neuron="{l}" cx="{x:.0f}" cy="{y:.0f}" r="36"/>'
        f'<text x="{x:.0f}" y="{y - 6:.0f}"><tspan class="of">z </tspan><tspan data-is="z{l}">{number(z)}</tspan></text>'
        f'<text x="{x:.0f}" y="{y + 14:.0f}"><tspan class="of">a </tspan><tspan data-is="a{l}">{number(a)}</tspan></text>'
        f'<text x="{x:.0f}" y="{y + 56:.0f}"><tspan class="of">b </tspan><tspan data-is="b{l}">{number(b)}</tspan></text>'
    )


def _sigmoid(z: float, a: float, layer: int) -> str:
    """The curve from z to a, and the point on it where the neuron of a layer is."""
    left, right, above, below = CURVE
    scores = np.linspace(-REACH, REACH, 61)
    heights = 1 / (1 + np.exp(-scores))
    points = " ".join(
        f"{left + (right - left) * (s + REACH) / (2 * REACH):.1f},{below - (below - above) * h:.1f}"
        for s, h in zip(scores, heights, strict=True)
    )
    at = left + (right - left) * (min(max(z, -REACH), REACH) + REACH) / (2 * REACH)
    return (
        f'<svg class="curve" viewBox="0 0 {WIDE} 112" role="img" aria-label="The sigmoid: from z to a">'
        f'<path class="axis" d="M{left} {below}H{right}M{(left + right) / 2} {below}V{above}"/>'
        f'<polyline points="{points}"/><circle class="at" data-layer="{layer}" cx="{at:.1f}" cy="{below - (below - above) * a:.1f}" r="6"/>'
        f'<text x="{left}" y="{below + 16}">−6</text><text x="{(left + right) / 2}" y="{below + 16}">z = 0</text>'
        f'<text x="{right}" y="{below + 16}">6</text><text x="{(left + right) / 2 + 8}" y="{above + 8}" class="begin">a = 1</text></svg>'
    )


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
        f'<path class="axis" d="M{left} {below}H{right}M180 {below}V{above}"/><polyline class="of-loss" points="{curve}"/>'
        f'<polyline class="way" points="{way}"/><g id="steps"></g>'
        f'<text x="180" y="{below + 18}">θ = 0</text><text x="188" y="{above + 8}" class="begin">L = θ²</text></svg>'
    )


def on_bowl(theta: float) -> tuple[float, float]:
    """Where a θ stands in that picture."""
    left, right, above, below = BOWL
    return (left + (right - left) * (theta + SIDE) / (2 * SIDE), below - (below - above) * theta**2 / SIDE**2)
