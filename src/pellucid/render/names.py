"""Names that are too long for a picture or a table, cut so that they can still be told apart."""

from collections.abc import Sequence
from itertools import chain

from pellucid._text import shortened, visible


def distinct(names: Sequence[object], most: int) -> list[str]:
    """Names of at most ``most`` letters on one line each, cut so that those which differ still do.

    A name is cut at its end; where that makes two alike, in its middle; then to where they differ; or it is numbered.

    >>> distinct(["area of the kitchen", "area of the cellar", "year"], 12)
    ['area …itchen', 'area …cellar', 'year']
    >>> distinct(["quarter_1_of_the_year", "quarter_2_of_the_year"], 9)
    ['qu…1_of_…', 'qu…2_of_…']
    """
    whole = [visible(str(name)) for name in names]
    cut = [shortened(name, most) for name in whole]
    for way in (_ends, _differences):
        for alike in _alike(cut, whole):
            for k, text in zip(alike, way([whole[k] for k in alike], most), strict=True):
                cut[k] = text
    for k in chain.from_iterable(_alike(cut, whole)):
        end = f"…{whole.index(whole[k])}"  # the same name has the same number
        cut[k] = whole[k][: max(1, most - len(end))] + end
    return cut


def _alike(cut: list[str], whole: list[str]) -> list[list[int]]:
    """Places of names that are cut to the same text although they differ, text by text."""
    places: dict[str, list[int]] = {}
    for k, text in enumerate(cut):
        places.setdefault(text, []).append(k)
    return [found for found in places.values() if len({whole[k] for k in found}) > 1]


def _ends(names: list[str], most: int) -> list[str]:
    head = (most - 1) // 2
    return [f"{name[:head]}…{name[len(name) - (most - 1 - head) :]}" if len(name) > most else name for name in names]


def _differences(names: list[str], most: int) -> list[str]:
    """A few letters of what all begin with, then the first ones in which they differ."""
    head = most // 4
    start = max(head, _same(names))
    return [name[:head] + "…" + shortened(name[start:], most - head - 1) for name in names]


def _same(names: list[str]) -> int:
    """With how many letters all names begin alike."""
    first, last = min(names), max(names)
    return next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
