"""What neurons say over the plane, or along a line: for networks of two inputs, or of one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError
from pellucid.studio.handles import numbers
from pellucid.studio.places import number
from pellucid.studio.sight import Sight

MOST_POINTS = 100


def surfaces(sight: Sight, asked: Mapping[str, Any]) -> tuple[AnyArray, dict[str, Any]]:
    """Every neuron of a layer on a grid, (neurons, points, points); of one input (neurons, points).

    Raises:
        InputError: the network has more inputs, or what is asked for is no grid.
    """
    net = sight.network
    inputs = net.sizes[0]
    if inputs > 2:
        raise InputError(f"the network has {inputs} inputs; a plane takes two, a line one")
    layer = number({"layer": asked.get("layer", len(net.layers))}, "layer", len(net.layers), least=1)
    points = number({"points": asked.get("points", 40)}, "points", MOST_POINTS, least=2)
    low, high = (numbers(asked.get(name), inputs, name) for name in ("low", "high"))
    if not (low < high).all():
        raise InputError("low and high: give low numbers below the high ones")
    axes = [np.linspace(low[k], high[k], points) for k in range(inputs)]
    found = net.features(_grid(axes), layer).astype(np.float32)
    shape = (net.sizes[layer], *[points] * inputs)
    values = np.nan_to_num(found.T.reshape(shape))
    return values, {"layer": layer, "low": low.tolist(), "high": high.tolist(), "points": points}


def _grid(axes: list[Array]) -> Array:
    """All points, (points · points, 2): row after row, from low y to high y."""
    if len(axes) == 1:
        return axes[0][:, np.newaxis]
    x, y = np.meshgrid(*axes)
    return np.stack([x.ravel(), y.ravel()], axis=1)
