"""The plan of a table too large for memory: what its columns hold is found out from some rows, and fitted to all.

One pass over the table gathers what each column comes to; a second one is made only where a median was not found in the
first (``fits.py``). The result is the plan that ``frames/load_table.py`` would have made of the same training rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Pixels, Understood
from pellucid.datasets.frames.coerce import as_planned, columns_of
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.infer import check_asked, numbers_the_rows
from pellucid.datasets.frames.load_table import check_weights, in_words
from pellucid.datasets.frames.marks import named_columns
from pellucid.datasets.frames.targets import FEW_TEXTS, MOST_DIFFERENT, target_columns, target_names
from pellucid.datasets.options import LoadOptions
from pellucid.datasets.streaming.answers import Answers
from pellucid.datasets.streaming.file_stream import TRAIN
from pellucid.datasets.streaming.fits import CategoryFit, NumberFit
from pellucid.datasets.streaming.table_parts import Parts, Place
from pellucid.model.columns import RARE, Category, Date, Number
from pellucid.model.levels import meaning
from pellucid.model.preprocessing import Preprocessing

Split = Callable[[int, int], Pixels]  # the number of the first row, and how many rows, to the part of each


@dataclass
class Counted:
    """What a pass over a table counted: where its blocks are, how many of their rows train, and all of them."""

    places: list[Place] = field(default_factory=list)
    train: list[int] = field(default_factory=list)  # rows of each place
    rows: int = 0
    with_target: int = 0
    weight: float = 0.0  # of the training rows
    missing: dict[str, int] = field(default_factory=dict)  # gaps of each column


class TablePlan:
    """A table's plan under way: ``fit`` makes the passes, then ``plan``, ``answers`` and ``counted`` say all."""

    def __init__(self, parts: Parts, options: LoadOptions) -> None:
        self.parts, self.options, given = parts, options, options.plan
        some = parts.some()
        some = replace(some, missing=options.missing) if given is None else as_planned(some, given)
        self.names = target_names(some, options.target, given)
        asked = options.asked()
        for name in named_columns(some.missing):
            if name not in some.stored:
                raise some.lacks(name, ", which missing= names")
        check_asked(some, self.names, options.weights, asked)
        targets, self.notes = target_columns(some, self.names, options.task, asked)
        self.answers = Answers(parts.name, targets, options.task)
        self.some, self.counted = some, Counted(missing=dict.fromkeys(some.stored, 0))
        self.plan = given or Preprocessing(())
        self._fits: dict[str, NumberFit | CategoryFit] = {}
        self._left_out: dict[str, str] = {}
        self._counts_up: dict[str, _CountsUp] = {}
        if given is None:
            self._draft({name: kind for name, kind in asked.items() if name not in self._no_inputs})

    @property
    def _no_inputs(self) -> set[str]:
        return {*self.names, *([] if self.options.weights is None else [self.options.weights])}

    def _draft(self, asked: Mapping[str, str]) -> None:
        """Decide by some rows what each column is; its numbers are not known yet."""
        columns: list[Number | Category | Date] = []
        for name, column in self.some.columns.items():
            if name in self._no_inputs:
                continue
            kind = asked.get(name)
            oddity = self.some.oddity(name) if kind is None else None
            if oddity is not None:
                raise InputError(f"{oddity}; or leave the column out: columns={{{name!r}: 'out'}}")
            if kind == "out" or column.values is None:
                self._left_out[name] = "as asked" if kind == "out" else column.why or "it holds no plain values"
                continue
            kind = kind or {"text": "category"}.get(column.kind, column.kind)
            form = column.form if column.kind in (kind, "text") else ""
            if kind == "category":
                self._fits[name] = CategoryFit(name)
                columns.append(Category(name, ()))
                continue
            self._fits[name] = NumberFit(name, kind, form)
            if kind == "number" and column.whole and name not in asked:
                self._counts_up[name] = _CountsUp()
            is_date = kind == "date"
            columns.append(
                Date(name, 0, 1, 0, form=form)
                if is_date
                else Number(name, 0, 1, 0, boolean=kind == "boolean", form=form)
            )
        self.plan = Preprocessing(tuple(columns), (), (), self.options.missing)

    @property
    def columns(self) -> set[str]:
        """The columns that are read."""
        return {*self.plan.names, *self._no_inputs}

    def fit(self, split: Split) -> None:
        """Pass over the table, and decide; ``split`` says which rows train. Raises InputError for what is wrong."""
        for place, frame in self.parts.read(None, self.columns):
            self._see(place, frame, split(place.first, place.rows))
        self.answers.settle(self.options.plan)
        if self.options.plan is None:
            if late := {name: fit for name, fit in self._fits.items() if not fit.is_found}:
                self._see_again(late, split)
            self.plan = self._settled()

    def _see(self, place: Place, frame: Frame, part: Pixels) -> None:
        frame = replace(frame, missing=self.plan.missing)
        rows, raw = self.answers.read(frame)
        train = part[rows] == TRAIN
        counted = self.counted
        counted.places.append(place)
        counted.train.append(int(train.sum()))
        counted.rows += frame.rows
        counted.with_target += len(rows)
        weights = self.weights(frame, rows)
        if raw is not None:
            counted.weight += float(train.sum() if weights is None else weights[train].sum())
            self.answers.add(raw, place.first, train, weights)
        for name in self.names:
            counted.missing[name] += frame.rows - len(rows) if len(self.names) == 1 else 0
        for name, values in self.values(frame).items():
            gaps = np.array([v is None for v in values]) if values.dtype == object else np.isnan(values)
            counted.missing[name] += int(gaps.sum())
            if name in self._fits:
                self._fits[name].add(values[rows[train]])
            if name in self._counts_up:
                self._counts_up[name].add(values)

    def _see_again(self, late: Mapping[str, NumberFit | CategoryFit], split: Split) -> None:
        """Pass over the table once more, for the medians that were not where they were looked for."""
        numbers = [fit for fit in late.values() if isinstance(fit, NumberFit)]
        for fit in numbers:
            fit.middle.again()
        some = replace(self.plan, columns=tuple(c for c in self.plan.columns if c.name in late))
        for place, frame in self.parts.read(None, {*late, *self.names}):
            rows, _ = self.answers.read(replace(frame, missing=some.missing))
            train = rows[split(place.first, place.rows)[rows] == TRAIN]
            values = columns_of(frame, some)
            for fit in numbers:
                fit.add_again(values[fit.name][train])
        if not all(fit.middle.found for fit in numbers):
            raise InputError(f"{self.parts.name}: has changed while it was read; start again")

    def values(self, frame: Frame) -> dict[str, AnyArray]:
        """The columns of a block as the plan takes them; raises InputError for a value that does not fit."""
        try:
            return columns_of(frame, self.plan)
        except InputError as error:
            if self.options.plan is not None or ", row " not in str(error):
                raise
            raise InputError(
                f"{error} (what columns hold was found out from some rows; if it is no number, say what it is, such as "
                "columns={'NAME': 'category'})"
            ) from None

    def weights(self, frame: Frame, rows: AnyArray) -> AnyArray | None:
        """The weights of some rows of a block, if they have any."""
        name = self.options.weights
        return None if name is None else check_weights(frame, name, rows, self.names)

    def _settled(self) -> Preprocessing:
        """The columns that become inputs, now that all rows were seen."""
        used: list[Number | Category | Date] = []
        left_out = dict(self._left_out)
        asked = self.options.asked()
        for name, fit in self._fits.items():
            why = self._why_not(name, fit) if name not in asked else None
            if why is not None:
                left_out[name] = why
                continue
            column = self._category(fit) if isinstance(fit, CategoryFit) else fit.column()
            if isinstance(column, Category) and not column.levels and name in asked:
                raise InputError(
                    f"columns={{{name!r}: 'category'}}: {self.parts.name} has no text there that stands in {RARE} "
                    "rows, so that it says nothing as a category; leave it out"
                )
            used.append(column)
        if not used:
            reasons = "; ".join(f"{name}: {why}" for name, why in list(left_out.items())[:3])
            raise InputError(
                f"{self.parts.name}: no column is left to learn from beside {', '.join(sorted(self._no_inputs))} "
                f"({reasons or 'none'}); bring more columns, or say what one is: columns={{'NAME': 'category'}}"
            )
        order = {name: k for k, name in enumerate(self.some.stored)}
        scales = self.answers.scales(counts=self.options.counts)
        out = tuple(sorted(left_out.items(), key=lambda pair: order[pair[0]]))
        return Preprocessing(tuple(used), out, scales, self.options.missing)

    def _why_not(self, name: str, fit: NumberFit | CategoryFit) -> str | None:
        """Why a column is no good as an input, or None."""
        if name in self._counts_up and self._counts_up[name].numbers_the_rows(name):
            return "it numbers the rows"
        if isinstance(fit, NumberFit):
            return fit.why_not()
        if not fit.count:
            return "it is empty"
        if len(fit.counts) == 1 and not fit.gaps:
            return f"it is always {next(iter(fit.counts))[:30]}"
        different = len(fit.counts) + fit.dropped
        if different > FEW_TEXTS and different > MOST_DIFFERENT * fit.count:
            text = f"text with {different:,} different values in {fit.count:,} rows"
            why = self.some.columns[name].why
            return f"{text}; {why}" if why else text
        return None

    def _category(self, fit: CategoryFit) -> Category:
        """The category of the counts, in which numbers, booleans and dates are what they mean."""
        counts: dict[str, int] = dict(fit.counts)
        if self.some.columns[fit.name].kind in ("number", "boolean", "date"):
            said = {text: meaning(text) for text in counts}
            if all(level is not None for level in said.values()):
                merged: dict[str, int] = {}
                for text, count in counts.items():
                    merged[str(said[text])] = merged.get(str(said[text]), 0) + count
                counts = merged
        return Category.counted(fit.name, counts, gaps=fit.gaps > 0)

    def in_words(self) -> tuple[Understood, ...]:
        """What was understood of each column."""
        counted, weights = self.counted, self.options.weights
        dropped = counted.rows - counted.with_target
        return in_words(self.plan, self.names, weights, counted.missing, dropped, self.answers.classes)


class _CountsUp:
    """Whether whole numbers count up by one from row to row."""

    def __init__(self) -> None:
        self.first, self.last, self.count, self.holds = 0.0, 0.0, 0, True

    def add(self, values: AnyArray) -> None:
        if not self.holds or not len(values):
            return
        if not self.count:
            self.first, self.last = float(values[0]), float(values[0]) - 1
        self.holds = bool(values[0] == self.last + 1 and (np.diff(values) == 1).all())
        self.last, self.count = float(values[-1]), self.count + len(values)

    def numbers_the_rows(self, name: str) -> bool:
        return self.holds and numbers_the_rows(name, self.first, self.count)
