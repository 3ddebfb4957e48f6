"""The preprocessing of a table as nodes of an ONNX graph: an input for each column, scaled or one-hot."""

import re
from collections.abc import Callable

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.datasets.frames.marks import Marks, marks_of
from pellucid.interop.export.onnx_builder import Builder, texts
from pellucid.model.columns import CYCLES, DAY, MONDAY, Category, Date, Number
from pellucid.model.levels import DECIMAL, ISO, meaning
from pellucid.model.preprocessing import Preprocessing

# how a day, or a time, may be written, of which a category's level has one
SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda moment: moment if "T" in moment else f"{moment}T00:00:00",
    lambda moment: moment.replace("T", " ") if "T" in moment else f"{moment} 00:00:00",
    lambda moment: moment.removesuffix(":00") if "T" in moment else f"{moment}T00:00",
    lambda moment: moment.removesuffix(":00").replace("T", " ") if "T" in moment else f"{moment} 00:00",
)


class Columns:
    """The columns of a plan, which are added to a graph.

    With ``exact``, as an earlier version wrote them: a text is the level that is written so, and only "" is missing.
    """

    def __init__(self, build: Builder, *, exact: bool = False) -> None:
        self.build, self.exact = build, exact

    def all(self, plan: Preprocessing) -> list[str]:
        """Add all columns: the names of the network's inputs, (n, …) double each."""
        columns = [(column, k, marks_of(plan.missing, column.name)) for k, column in enumerate(plan.columns)]
        return [part for each in columns for part in self.column(*each)]

    def column(self, column: Number | Category | Date, k: int, marks: Marks) -> list[str]:
        """Add a column: the names of its inputs of the network, (n, …) double each."""
        if isinstance(column, Category):
            return self._category(column, k, marks)
        x = self.build.input(self.build.columns[k], "DOUBLE", 1)
        missing = self.build.node("IsNaN", [x], f"missing {k}")
        for j, mark in enumerate(sorted(marks.numbers) if isinstance(column, Number) else []):
            marked = self.build.node("Equal", [x, self.build.number(mark, f"mark {j} of {k}")], f"marked {j} of {k}")
            missing = self.build.node("Or", [missing, marked], f"missing {k} with {j}")
        filled = self.build.node("Where", [missing, self.build.number(column.fill, f"fill {k}"), x], f"filled {k}")
        if isinstance(column, Date):
            filled = self.build.node("Div", [filled, self.build.number(DAY, f"day {k}")], f"days {k}")
        mean, scale = self.build.number(column.mean, f"mean {k}"), self.build.number(column.scale, f"scale {k}")
        parts = [self.build.node("Div", [self.build.node("Sub", [filled, mean], f"centred {k}"), scale], f"number {k}")]
        for cycle in column.cycles if isinstance(column, Date) else ():
            parts += self._waves(filled, cycle, f"{cycle} {k}")
        if column.gaps:
            parts.append(self.build.cast(missing, "DOUBLE", f"gap {k}"))
        return parts

    def _waves(self, days: str, cycle: str, name: str) -> list[str]:
        """Sine and cosine of the place in a cycle; the cosine as a sine a quarter of a turn later."""
        since = self.build.node("Sub", [days, self.build.number(MONDAY, f"Monday {name}")], f"since {name}")
        turns = self.build.node("Div", [since, self.build.number(CYCLES[cycle], f"length {name}")], f"turns {name}")
        place = self.build.node("Sub", [turns, self.build.node("Floor", [turns], f"whole {name}")], f"place {name}")
        angle = self.build.node("Mul", [place, self.build.number(2 * np.pi, f"circle {name}")], f"angle {name}")
        later = self.build.node("Add", [angle, self.build.number(np.pi / 2, f"quarter {name}")], f"later {name}")
        return [self.build.node("Sin", [angle], f"sin {name}"), self.build.node("Sin", [later], f"cos {name}")]

    def _category(self, column: Category, k: int, marks: Marks) -> list[str]:
        """Add a category: which level a text is, or means; or that it is missing."""
        x = self.build.input(self.build.columns[k], "STRING", 1)
        gap = self._is(x, texts([""], ""), f"gap {k}") if self.exact else self._gap(x, k, marks)
        missing = self.build.cast(gap, "DOUBLE", f"missing {k}")
        parts, known = [], missing
        if column.levels:
            levels = self.build.cast(self._levels(x, column, k), "DOUBLE", f"levels {k}")
            parts = [levels]
            axes = self.build.constant(np.array([1], np.int64), f"axis {k}")
            some = self.build.node("ReduceSum", [levels, axes], f"some {k}", keepdims=1)
            known = self.build.node("Add", [some, missing], f"known {k}")
        if column.others:
            parts.append(self.build.node("Sub", [self.build.number(1.0, f"one {k}"), known], f"other {k}"))
        if column.gaps:
            parts.append(missing)
        return parts

    def _gap(self, x: str, k: int, marks: Marks) -> str:
        """Whether a text is a mark of missing values."""
        gap = self._matches(x, "(?i)\\s*(" + "|".join(map(re.escape, sorted(marks.texts))) + ")\\s*", f"gap {k}")
        for mark in sorted(marks.numbers):
            gap = self.build.node(
                "Or", [gap, self._is_number(x, np.array([[mark]]), f"mark {mark} of {k}")], f"gap {k} {mark}"
            )
        return gap

    def _levels(self, x: str, column: Category, k: int) -> str:
        """Which level a text is written as, or else means, as ``model.levels`` has it: (n, levels)."""
        written = texts(column.levels, f"column {column.name!r}")
        exact = self._is(x, written, f"is {k}")
        if self.exact:
            return exact
        said = [meaning(level) for level in column.levels]
        said = [each if said.count(each) == 1 else None for each in said]
        numbers = np.array([[float(each) if each and DECIMAL.fullmatch(each) else np.nan for each in said]])
        others = [self._is_number(x, numbers, f"number {k}")] if not np.isnan(numbers).all() else []
        for j, each in enumerate(said):
            if each in ("true", "false"):
                place = self.build.constant(np.arange(len(said))[np.newaxis] == j, f"place of {each} {k}")
                others.append(
                    self.build.node("And", [self._matches(x, f"(?i){each}", f"says {each} {k}"), place], f"{each} {k}")
                )
        if any(each and ISO.fullmatch(each) for each in said):
            for j, spelling in enumerate(SPELLINGS):
                spelled = [
                    spelling(each) if each and ISO.fullmatch(each) else written[i] for i, each in enumerate(said)
                ]
                others.append(self._is(x, texts(spelled, ""), f"spelling {j} of {k}"))
        if not others:
            return exact
        found = others[0]
        for j, other in enumerate(others[1:]):
            found = self.build.node("Or", [found, other], f"meant {j} of {k}")
        axes = self.build.constant(np.array([1], np.int64), f"across {k}")
        count = self.build.node(
            "ReduceSum", [self.build.cast(exact, "FLOAT", f"exact {k}"), axes], f"exactly {k}", keepdims=1
        )
        none = self.build.node("Not", [self.build.cast(count, "BOOL", f"one {k} is exact")], f"none {k} is exact")
        return self.build.node("Or", [exact, self.build.node("And", [found, none], f"means {k}")], f"level {k}")

    def _is_number(self, x: str, numbers: AnyArray, name: str) -> str:
        """Which of some numbers (1, m) a text x (n, 1) is: (n, m)."""
        number = self._matches(x, DECIMAL.pattern.replace(r"\d", "[0-9]"), f"looks like {name}")
        nought = self.build.constant(np.array([["0"]], object), f"nought of {name}")
        value = self.build.cast(
            self.build.node("Where", [number, x, nought], f"digits of {name}"), "DOUBLE", f"value of {name}"
        )
        same = self.build.node("Equal", [value, self.build.constant(numbers, f"numbers of {name}")], f"same {name}")
        return self.build.node("And", [same, number], name)

    def _matches(self, x: str, pattern: str, name: str) -> str:
        """Whether each text is as a pattern says."""
        return self.build.node("RegexFullMatch", [x], name, pattern=pattern)

    def _is(self, x: str, known: AnyArray, name: str) -> str:
        """Which of some texts x (n, 1) is: (n, texts)."""
        return self.build.node("Equal", [x, self.build.constant(known[np.newaxis], f"texts of {name}")], name)
