"""What the samples that are shown hold: of a table their rows as the file has them, else the inputs that weigh most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid import datasets
from pellucid._text import number, shortened
from pellucid.analysis.layer_health import strongest
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.render.names import distinct
from pellucid.render.report.importance import Found
from pellucid.render.report.subject import Seen, Subject

MOST_INPUTS = 6  # of a sample
MOST_COLUMNS = 12  # of a row
MOST_CELLS = 5_000_000  # of a table that is read once more to show some of them


@dataclass(frozen=True)
class Held:
    """What samples are called, ``one`` and a number each (n,), and their values in the columns that ``heads`` names.

    ``values`` are (n,) for each column: texts of a file, or numbers. ``caption`` says which columns these are, where
    some are left out or they are not as the file has them.
    """

    one: str
    numbers: AnyArray
    heads: list[str]
    values: Sequence[Sequence[str] | AnyArray]
    caption: str

    def number(self, k: int) -> str:
        """What people call sample k."""
        return str(self.numbers[k])

    def cells(self, k: int) -> list[str]:
        """What sample k holds."""
        return [shortened(v, 24) if isinstance(v, str) else number(float(v)) for v in (held[k] for held in self.values)]


def held(about: Subject, seen: Seen, found: Found | None) -> Held:
    """The rows of a table with the columns that matter most, else samples with the inputs that layer 1 weighs most."""
    plan, dataset, n = about.model.preprocessing, about.dataset, len(seen.X)
    if plan is None or dataset is None or dataset.rows is None:
        return _inputs(about, seen, "sample", np.arange(n))
    rows = dataset.rows[("train", "dev", "test").index(seen.part)][:n]
    names = [column.name for column in (plan.columns if found is None else found.columns)]
    cells = _cells(about)
    if cells is None:
        return _inputs(about, seen, "row", rows + dataset.first_row)
    some = names[:MOST_COLUMNS]
    which = "first" if found is None else "that matter most"
    caption = f"; of {len(names):,} columns the {len(some)} {which}" if len(some) < len(names) else ""
    values = [[cells[name][row] for row in rows] for name in some]
    return Held("row", rows + dataset.first_row, distinct(some, 24), values, caption)


def _cells(about: Subject) -> dict[str, list[str]] | None:
    """The cells of the table as its file has them; None where it is too large to be read once more, or gone."""
    assert about.dataset is not None
    plan = about.model.preprocessing
    if sum(about.samples.values()) * len(about.dataset.understood) > MOST_CELLS:
        return None
    try:
        return datasets.read_cells(about.settings.data, names=() if plan is None else plan.names)
    except (InputError, OSError):
        return None


def _inputs(about: Subject, seen: Seen, one: str, numbers: AnyArray) -> Held:
    columns, names = strongest(about.network.layers[0].W.T, MOST_INPUTS), about.model.feature_names
    inputs = about.network.sizes[0]
    caption = f"; of {inputs:,} inputs the {len(columns)} that layer 1 weighs most" if len(columns) < inputs else ""
    if about.model.preprocessing is not None:
        caption += "; inputs as the network takes them, scaled"
    return Held(one, numbers, distinct([names[k] for k in columns], 16), list(seen.X[:, columns].T), caption)
