"""A row of a table, column by column: its cells as the file has them, and what each of them gave to the answer.

All inputs of a column (the levels of a category, the parts of a date) count together. A score of the first layer is a
sum over columns, and exact; beyond it the columns' parts are integrated gradients (integrated_gradients.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid._text import counted, shortened
from pellucid.analysis.explain.integrated_gradients import METHOD, integrated_gradients
from pellucid.analysis.explain.names import Names
from pellucid.analysis.explain.one_step import Pass
from pellucid.analysis.explain.sections import Focus
from pellucid.analysis.explain.step import Block, Section, Table
from pellucid.analysis.explain.text import number, pretty
from pellucid.core.arrays import AnyArray, Array
from pellucid.model.preprocessing import Preprocessing

SHOWN = 20  # columns, at least; --top shows more


@dataclass(frozen=True)
class Row:
    """A row of a table beside its inputs.

    ``number`` counts the table's rows from 0, ``place`` says where the row stands, ``cells`` what its columns hold.
    ``reference`` (inputs,) is what it is compared with: the mean of some rows, which ``mean_of`` names.
    """

    number: int
    place: str
    cells: Mapping[str, str]
    reference: AnyArray
    mean_of: str


def facts(p: Pass, names: Names, focus: Focus, plan: Preprocessing, row: Row) -> dict[str, Any]:
    """What there is to say of a row as data: its place, its cells, and what each column gave, the greatest first."""
    is_values = p.net.loss.kind == "values"
    net, x = names.model.in_units() if is_values else p.net, p.trace.a[0][0]
    told = []
    for k in range(net.sizes[-1]) if is_values else [focus.output]:
        found = integrated_gradients(net, x, row.reference, k)
        told.append(
            {
                "output": plan.targets[k].name if is_values else f"the score of {names.output(k)}",
                "answer": found.answer,
                "reference_answer": found.reference,
                "error": found.error,
                "parts": _by_size(found.parts, plan, row.cells),
            }
        )
    # a file's rows count from 1 for people who read JSON, its header is none of them
    said: dict[str, Any] = {"row": row.number + 1, "place": row.place, "values": dict(row.cells)}
    said["columns"] = {"method": METHOD, "reference": row.mean_of, "outputs": told}
    if focus.layer == 1:
        j, layer = focus.neuron, p.net.layers[0]
        said["columns"]["first_layer"] = {
            "neuron": j,
            "score": float(p.trace.z[0][0, j]),
            "bias": float(layer.b[j]),
            "parts": _by_size(layer.W[j] * x, plan, row.cells),
        }
    return said


def _by_size(parts: Array, plan: Preprocessing, cells: Mapping[str, str]) -> list[dict[str, Any]]:
    """What each column gave, the greatest first, from what its inputs gave (inputs,)."""
    sums = np.array([parts[place].sum() for place in plan.places()])
    names = [column.name for column in plan.columns]
    order = np.argsort(-np.abs(sums), kind="stable").tolist()
    return [{"column": names[k], "value": cells.get(names[k], ""), "part": float(sums[k])} for k in order]


def sections(said: Mapping[str, Any], top: int) -> list[Section]:
    """The same in words."""
    columns, most = said["columns"], max(top, SHOWN)
    found = []
    for one in columns["outputs"]:
        before, answer = (pretty(number(one[name])) for name in ("reference_answer", "answer"))
        change = pretty(number(one["answer"] - one["reference_answer"]))
        blocks: list[Block] = [
            f"By {columns['method']}: to the mean of {columns['reference']} the network says {before}, to this row "
            f"{answer}. What the columns gave adds up to the difference, {change}, but for {abs(one['error']):.1g}.",
            _table(one["parts"], most),
        ]
        found.append(Section(f"What each column gave to {one['output']}", tuple(blocks)))
    used = {part["column"] for part in columns["outputs"][0]["parts"]}
    others = [f"{shortened(name)} = {_cell(cell)}" for name, cell in said["values"].items() if name not in used]
    if others:
        more = f" and {counted(len(others) - most, 'more column')}" if len(others) > most else ""
        words = f"Beside these the row holds {', '.join(others[:most])}{more}."
        found[-1] = Section(found[-1].title, (*found[-1].blocks, words))
    if "first_layer" in columns:
        of = columns["first_layer"]
        words = f"Its score is the bias, {pretty(number(of['bias']))}, and what W1 · x comes to in each column: exact."
        title = f"Neuron {of['neuron']} of layer 1, column by column"
        found.append(Section(title, (words, _table(of["parts"], most, ("bias", of["bias"])))))
    return found


def _table(parts: Sequence[Mapping[str, Any]], most: int, *start: tuple[str, float]) -> Table:
    """The first columns with their cells and parts, the others in one line, and the sum of all."""
    rows = [(shortened(part["column"]), _cell(part["value"]), float(part["part"])) for part in parts[:most]]
    if len(parts) > most:
        rows.append((counted(len(parts) - most, "more column"), "", sum(part["part"] for part in parts[most:])))
    rows += [(name, "", value) for name, value in start]
    rows.append(("together", "", sum(part["part"] for part in parts) + sum(value for _, value in start)))
    return Table(("column", "in this row", "gives"), tuple(rows))


def _cell(text: str) -> str:
    return shortened(text) if text.strip() else "(empty)"
