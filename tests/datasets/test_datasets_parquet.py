"""Parquet: columns of numbers are inputs, one column is the target; what is neither is named."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pellucid.core.errors import InputError
from pellucid.datasets import kind_of, load, read, read_rows
from pellucid.datasets.labels import class_labels, values
from pellucid.datasets.streaming import file_stream, fixed_rows

A, B, LABEL = np.arange(6.0), np.arange(6.0) ** 2, np.arange(6) % 2


def saved(folder: Path, rows: int = 4, **columns: Any) -> Path:
    path = folder / "data.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=rows)
    return path


def test_columns_of_numbers_are_inputs_in_their_order_and_label_is_the_target(tmp_path: Path) -> None:
    path = saved(tmp_path, b=B, label=LABEL, a=A)
    table = read(path)
    assert table.features == ("b", "a")
    assert (np.stack([B, A], axis=1) == table.X).all()
    assert table.X.flags.c_contiguous
    assert table.y is not None
    assert (table.y == LABEL).all()
    assert table.place(3).endswith("data.parquet, row 3")
    other = read(path, target="b")
    assert other.features == ("label", "a")
    assert load(path, target="b", task="regression").task == "regression"
    assert read_rows(path, target="b").features == ("label", "a")
    assert read_rows(saved(tmp_path, a=A, b=B)).y is None


@pytest.mark.parametrize(
    ("kinds", "kept"),
    [("u1 u1", "u1"), ("i2 i2", "i2"), ("i8 i8", "i8"), ("f4 f4", "f4"), ("f2 f2", "f4"), ("? ?", "f4"),
     ("u1 ?", "f4"), ("u1 f4", "f4"), ("i2 i1", "f4"), ("i4 f4", "f8"), ("i8 u1", "f8"), ("f8 f4", "f8")],
)  # fmt: skip
def test_one_type_is_kept_and_several_become_floats_that_hold_them(kinds: str, kept: str, tmp_path: Path) -> None:
    a, b = kinds.split()
    table = read(saved(tmp_path, a=A.astype(a), b=B.astype(b), label=LABEL))
    assert table.X.dtype == np.dtype(kept)
    assert (np.stack([A.astype(a), B.astype(b)], axis=1) == table.X).all()


@pytest.mark.parametrize("large", [False, True])
def test_decimals_dictionaries_and_a_pandas_index(large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 0 if large else 1 << 28)
    columns = {
        "price": pa.array([Decimal(k) / 4 for k in range(6)]),
        "code": pa.array([5, 7] * 3).dictionary_encode(),
        "label": pa.array(["yes", "no"] * 3).dictionary_encode(),
        "__index_level_0__": pa.array(range(6)),
    }
    path = saved(tmp_path, **columns)
    table = read(path)
    assert table.features == ("price", "code")
    assert table.X.tolist() == [[k / 4, 5.0 if k % 2 == 0 else 7.0] for k in range(6)]
    assert load(path, dev=0).classes == ("no", "yes")
    with pytest.raises(InputError, match="column 'label' holds text"):
        read(path, target="price")
    assert load(saved(tmp_path, a=A, label=columns["price"]), dev=0).task == "regression"


def test_row_groups_of_any_size_are_read_in_small_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixed_rows, "BLOCK_BYTES", 32)
    X = np.arange(2000).reshape(1000, 2)
    for rows in (1, 3, 64, 1000):
        table = read(saved(tmp_path, rows, a=X[:, 0], b=X[:, 1], label=np.arange(1000) % 3))
        assert (table.X == X).all()


BAD: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("text", {"a": A, "city": ["x"] * 6, "label": LABEL}, {}, "column 'city' holds text.*into numbers"),
    ("two of text", {"n": ["x"] * 6, "m": ["x"] * 6, "label": LABEL}, {}, "columns n, m hold text"),
    ("dates", {"a": A, "d": A.astype("M8[s]"), "label": LABEL}, {}, "column 'd' holds dates or times"),
    ("lists", {"a": [[1]] * 6, "label": LABEL}, {}, "column 'a' holds lists or records"),
    ("bytes", {"a": [b"x"] * 6, "label": LABEL}, {}, "something else"),
    ("null", {"a": [1, 2, 3, 4, None, 6], "label": LABEL}, {}, r"row 4: column a has no value \(null\)"),
    ("null label", {"a": A, "label": [0, 1, None, 0, 1, 1]}, {}, "row 2: column label has no value"),
    ("nan", {"a": np.where(A == 5, np.nan, A), "label": LABEL}, {}, "row 5: feature a is nan"),
    ("no label", {"a": A, "b": B}, {}, "no column label; .*its columns are a, b"),
    ("no such target", {"a": A, "label": LABEL}, {"target": "price"}, "no column 'price' for the target; .*a, label"),
    ("a target of dates", {"a": A, "label": A.astype("M8[s]")}, {}, "the target 'label' holds dates"),
    ("no rows", {"a": A[:0], "label": LABEL[:0]}, {}, "has 0 rows"),
    ("no inputs", {"label": LABEL}, {}, "no columns of numbers beside the target 'label'"),
    ("one class", {"a": A, "label": LABEL * 0}, {}, "every label is 0"),
    ("empty label", {"a": A, "label": ["x", "", "y"] * 2}, {}, "row 1: the label is empty"),
    ("long label", {"a": A, "label": ["x", "y", "y" * 300] * 2}, {}, "row 2: the label has 300 characters"),
    (
        "text for a value",
        {"a": A, "label": ["x", "y"] * 3},
        {"task": "regression"},
        "row 0: the target is 'x'",
    ),
]


@pytest.mark.parametrize(("columns", "how", "needle"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_array_is_named(columns: dict[str, Any], how: dict[str, Any], needle: str, tmp_path: Path) -> None:
    path = saved(tmp_path, **columns)
    targets = values if how.get("task") == "regression" else class_labels
    with pytest.raises(InputError, match=needle) as caught:
        targets(read(path, **how))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "large", "kind"),
    [
        ({"a": A.astype(np.uint8), "label": LABEL}, False, "parquet"),
        ({"a": A.astype(np.uint8), "label": ["x", "y"] * 3}, False, "parquet"),
        ({"a": A / 3, "label": LABEL}, False, "table"),
        ({"a": A / 3, "label": LABEL}, True, "table"),
        ({"a": A / 3, "label": ["x", "y"] * 3}, True, "table"),
        ({"a": [1, 2, 3, None, 5, 6], "label": LABEL}, True, "table"),
        ({"a": A, "city": ["x"] * 6, "label": LABEL}, True, "table"),
        ({"a": A.astype("M8[s]"), "label": LABEL}, True, "table"),
    ],
)
def test_pixels_are_arrays_all_else_is_a_table(
    columns: dict[str, Any], large: bool, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 0 if large else 1 << 28)
    assert kind_of(saved(tmp_path, **columns)) == kind


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(A)] * 2 + [pa.array(LABEL)], ["a", "a", "label"]), path)
    with pytest.raises(InputError, match="two columns are called 'a'"):
        read(path)


def test_files_cut_off_or_damaged_are_told_in_one_line(tmp_path: Path) -> None:
    path = saved(tmp_path, a=np.random.default_rng(0).random(1000), label=np.arange(1000) % 2, rows=1000)
    content = path.read_bytes()
    for bad in (content[:-1], content[:200], content[:4], b"PAR1" + bytes(40) + b"PAR1"):
        path.write_bytes(bad)
        with pytest.raises(InputError, match="cut off or damaged") as caught:
            load(path)
        assert "\n" not in str(caught.value)


def test_without_pyarrow_the_command_that_installs_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, a=A, label=LABEL)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"install it with: pip install 'pellucid\[parquet\]'"):
        read(path)
