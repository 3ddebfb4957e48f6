"""``coefs_`` and ``intercepts_``: lists whose items are the network's own numbers, so that assigning one changes it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError


class LayerArrays(list[AnyArray]):
    """An array for each layer, each a view into θ: an item that is assigned is written into it.

    Raises:
        InputError: an item has another shape, or there are more or fewer of them.
        TypeError: a method would make the list longer, shorter or another order.

    >>> theta = np.zeros(5)
    >>> arrays = LayerArrays([theta[:3], theta[3:]])
    >>> arrays[1] = [7, 8]
    >>> theta.tolist()
    [0.0, 0.0, 0.0, 7.0, 8.0]
    >>> arrays[1] = [7]
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: layer 2 has an array of shape (2,), not (1,): to change shapes, fit a new network
    """

    def __setitem__(self, place: Any, value: Any) -> None:
        numbers = range(len(self))[place]
        wanted, given = ([numbers], [value]) if isinstance(numbers, int) else (list(numbers), list(value))
        if len(wanted) != len(given):
            raise InputError(f"{len(given)} arrays for {len(wanted)} layers: give one for each")
        arrays = [self._fitting(number, each) for number, each in zip(wanted, given, strict=True)]
        for number, array in zip(wanted, arrays, strict=True):
            self[number][...] = array

    def _fitting(self, number: int, value: Any) -> AnyArray:
        """A copy of a layer's new numbers, for they may be views into the same θ."""
        there = self[number]
        try:
            array = np.array(value, there.dtype)
        except (TypeError, ValueError) as error:
            raise InputError(f"layer {number + 1} takes an array of numbers: {error}") from None
        if array.shape != there.shape:
            raise InputError(
                f"layer {number + 1} has an array of shape {there.shape}, not {array.shape}: "
                "to change shapes, fit a new network"
            )
        return array

    def _refuse(self, *_: Any) -> Any:
        raise TypeError("a network keeps its layers: assign arrays of the shapes that are there, or fit a new network")

    append = extend = insert = pop = remove = clear = sort = reverse = _refuse  # type: ignore[assignment]
    __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce__(self) -> tuple[type[list[AnyArray]], tuple[Sequence[AnyArray]]]:
        """A copy is a plain list: the network is not its own."""
        return list, (list(self),)
