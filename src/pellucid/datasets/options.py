"""How data are loaded: what is predicted, how samples are split (train, validation, test), what columns are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices
from pellucid.datasets.splits import split
from pellucid.model.preprocessing import Preprocessing


@dataclass(frozen=True)
class LoadOptions:
    """All that may be said of data when they are loaded, whatever holds them.

    `target` names what is predicted; `task` is auto, classification or regression. `dev` (the validation set) and
    `test` are numbers of samples or fractions, and `seed` decides which samples they are (stratified by class).

    The rest is for tables: `columns` are texts such as "zip=category" (kinds: number, boolean, category, date, out);
    `missing` are texts that stand for a missing value besides the usual ones, "TEXT" in all columns, "NAME=TEXT" in
    one; `header` is the row of a CSV that names its columns, 0 for none;
    `weights` names the column of each row's weight; `class_weights` is "balanced", or texts such as "yes=2" joined by
    commas; `counts` says that the target is one, or several, for the Poisson loss: scaled, but never below 0. `plan`
    is a preprocessing that was fitted before, `cache` a folder in which a table larger than memory is kept as it was
    decoded, and `dtype` the type of the inputs.

    >>> LoadOptions(target="price", dev=0.2).shares(500)
    (0.2, 0)
    """

    target: str | None = None
    task: str = "auto"
    dev: float | None = None
    test: float | None = None
    seed: int = 0
    columns: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    header: int | None = None
    weights: str | None = None
    class_weights: str | None = None
    counts: bool = False
    plan: Preprocessing | None = None
    cache: Path | None = None
    dtype: npt.DTypeLike = np.float32

    def shares(self, n: int, most: int | None = None) -> tuple[float, float]:
        """Return what dev and test are asked to be; without `dev`, a tenth of n samples, but not more than `most`.

        >>> LoadOptions().shares(42_000), LoadOptions().shares(10**6, most=10_000)
        ((4200, 0), (10000, 0))
        """
        tenth = int(n * 0.1 + 0.5)
        usual = tenth if most is None else min(tenth, most)
        return usual if self.dev is None else self.dev, self.test or 0

    def split(self, n: int, labels: AnyArray | None = None) -> tuple[Indices, Indices, Indices]:
        """Return the indices of the train, dev and test samples among n; raises as `splits.split` does."""
        dev, test = self.shares(n)
        return split(n, dev=dev, test=test, rng=np.random.default_rng(self.seed), labels=labels)

    def asked(self) -> dict[str, str]:
        """Return what each column was said to be; raises InputError for a text that says nothing.

        >>> LoadOptions(columns=("zip=category", "id=out")).asked()
        {'zip': 'category', 'id': 'out'}
        """
        asked = {}
        for text in self.columns:
            name, equals, kind = text.rpartition("=")
            if not equals or not name:
                raise InputError(f"columns={text!r}: give a name and a kind, such as columns={{'zip': 'category'}}")
            asked[name] = kind
        return asked
