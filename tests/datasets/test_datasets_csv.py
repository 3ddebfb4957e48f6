import gzip
import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.core.errors import InputError
from pellucid.datasets import read, read_rows
from pellucid.datasets.formats import digit_csv, digit_csv_rows
from pellucid.datasets.formats.digit_csv import parse_digit_csv
from pellucid.datasets.formats.opening import BOM

HEAD = b"label,pixel0,pixel1\n"
GOOD = HEAD + b"7,0,255\n3,1,2\n"


def as_csv(X: np.ndarray, y: np.ndarray, newline: str = "\n", bom: bool = False) -> bytes:
    lines = [",".join(["label", *(f"pixel{i}" for i in range(X.shape[1]))])]
    lines += [",".join(map(str, [label, *row])) for label, row in zip(y.tolist(), X.tolist(), strict=True)]
    return newline.join(lines).encode("utf-8-sig" if bom else "utf-8") + newline.encode()


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
@settings(deadline=None)
def test_what_is_written_is_read(X: np.ndarray, newline: str, bom: bool) -> None:
    y = np.arange(len(X)) % 10
    content = as_csv(X, y, newline, bom)
    table = parse_digit_csv(content, "digits.csv")
    assert table.X.dtype == np.uint8
    assert table.X.flags.c_contiguous
    assert table.y is not None
    assert (table.X == X).all()
    assert (table.y == y).all()
    slow = digit_csv_rows.read_carefully(content.removeprefix(BOM), "", ("label", *table.features), 0, True)
    assert slow[1] is not None
    assert (slow[0] == X).all()
    assert (slow[1] == y).all()


def test_a_good_file_never_takes_the_slow_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> NoReturn:
        raise AssertionError("the slow pass was taken")

    assert isinstance(digit_csv, ModuleType)
    monkeypatch.setattr(digit_csv, "read_carefully", forbidden)
    assert parse_digit_csv(GOOD.removesuffix(b"\n"), "digits.csv").X.shape == (2, 2)
    assert parse_digit_csv(b"0,1,2\n3,4,5", "stdin", label_needed=False).X.shape == (2, 3)


def test_table_knows_places_names_and_shape(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    path.write_bytes(as_csv(np.zeros((60, 9), np.uint8), np.zeros(60, np.int64)))
    table = read(path)
    assert table.name == str(path)
    assert table.place(51) == f"{path}, row 53"
    assert table.features == tuple(f"pixel{i}" for i in range(9))
    assert table.image_shape == (3, 3)
    assert read(path, target="label").y is not None
    with pytest.raises(InputError, match="leave target out"):
        read(path, target="pixel3")


@pytest.mark.parametrize(
    ("content", "labelled"),
    [
        (HEAD + b"7,0,255\n\n\n", True),  # blank lines at the end
        (HEAD + b'7," 0","255"\n', True),
        (HEAD + b"7 , 0 ,255\n", True),
        (b"pixel0,pixel1,label\n0,255,7\n", True),
        (b'"label","pixel0","pixel1"\n7,0,255\n', True),
        (b"label,1x1,1x2\n7,0,255\n", True),
        (b"label,pixel1,pixel2\r7,0,255\r", True),  # line ends of old Macs
        (b"pixel0,pixel1\n0,255\n", False),
        (b"0,255\n", False),
        (b"\xef\xbb\xbf0 ,255\n", False),
    ],
)
def test_forms_that_are_met_in_the_wild_are_read(content: bytes, labelled: bool) -> None:
    table = parse_digit_csv(content, "digits.csv", label_needed=labelled)
    assert table.X.tolist() == [[0, 255]]
    assert (table.y is not None) == labelled
    assert labelled is False or table.y is None or table.y.tolist() == [7]


def test_read_rows_takes_unlabelled_files_and_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_bytes(b"pixel0,pixel1\n0,255\n")
    assert read_rows(path).y is None
    path.write_bytes(GOOD)
    assert read_rows(path).y is not None
    table = read_rows("-", stdin=io.BytesIO(b"1,2,3,4\n5,6,7,8\n"))
    assert table.X.shape == (2, 4)
    assert table.place(1) == "stdin, row 2"
    with pytest.raises(InputError, match="give a file"):
        read_rows("-")
    with pytest.raises(InputError, match="stdin: is empty"):
        read_rows("-", stdin=io.BytesIO())
    with pytest.raises(InputError, match="stdin: is a PNG picture"):
        read_rows("-", stdin=io.BytesIO(b"\x89PNG\r\n\x1a\n...."))


def rows(*cells: bytes) -> bytes:
    return HEAD + b"7,0,255\n" * 50 + b"".join(cell + b"\n" for cell in cells)


BAD: list[tuple[str, bytes, list[str]]] = [
    ("text", rows(b"7,zero,1"), ["row 52, column pixel0", "'zero' is not a number"]),
    ("text as label", rows(b"seven,0,1"), ["row 52, column label", "'seven' is not a number"]),
    ("too large", rows(b"7,256,1"), ["row 52, column pixel0: 256 is outside 0 to 255"]),
    ("negative", rows(b"7,0,-1"), ["row 52, column pixel1: -1 is outside 0 to 255"]),
    ("decimal", rows(b"7,0.5,1"), ["row 52, column pixel0", "'0.5' is no whole number", ".npz"]),
    ("nan", rows(b"7,NaN,1"), ["row 52, column pixel0", "'NaN' stands for a missing value"]),
    ("empty cell", rows(b"7,,1"), ["row 52, column pixel0: is empty", "fill it in"]),
    ("empty label", rows(b",0,1"), ["row 52, column label: is empty"]),
    ("too few", rows(b"7,1"), ["row 52: has 2 values, the header names 3"]),
    ("too many", rows(b"7,1,2,3"), ["row 52: has 4 values, the header names 3"]),
    ("cut off", GOOD + b"5,", ["row 4: has 2 values", "cut off"]),
    ("blank row inside", rows(b"", b"7,1,2"), ["row 52: is blank"]),
    ("open quote", rows(b'7,"1,2', b"7,1,2"), ["row 52: a quote does not close"]),
    ("NUL byte", rows(b"7,\x001,2"), ["row 52: holds a NUL byte"]),
    ("Latin-1", rows(b"7,\xe9,2"), ["row 52: byte 0xe9 is no UTF-8", "UTF-8"]),
    ("underscore", rows(b"7,1_0,2"), ["row 52, column pixel0", "'1_0' is not a number"]),
    ("other digits", rows("7,٣,2".encode()), ["row 52, column pixel0", "is not a number"]),
    ("very long number", rows(b"7," + b"1" * 5000 + b",2"), ["row 52, column pixel0", "1…"]),
    ("very long cell", rows(b"7," + b"x" * 200_000 + b",2"), ["row 52"]),
    ("empty file", b"", ["is empty"]),
    ("white space", b"\xef\xbb\xbf \r\n\n", ["is empty"]),
    ("header only", HEAD, ["has a header and no rows"]),
    ("header and blank", HEAD + b"\n\n", ["has a header and no rows"]),
    ("no header", b"7,0,255\n", ["row 1: holds numbers", "label,pixel0"]),
    ("blank first row", b"\n" + GOOD, ["row 1: is blank"]),
    ("twice the same name", b"label,pixel0,pixel0\n7,0,1\n", ["row 1: two columns are called pixel0"]),
    ("two labels", b"label,label,pixel0\n7,7,0\n", ["row 1: two columns are called label"]),
    ("no label", b"pixel0,pixel1\n0,1\n", ["row 1: there is no column label"]),
    ("label alone", b"label\n7\n", ["row 1: no pixel column"]),
    ("scrambled pixels", b"label,pixel1,pixel0\n7,0,1\n", ["row 1: column pixel0 stands out of order"]),
    ("other table", b"sepal,petal\n1.5,2\n", ["row 1: column 'sepal'", "digit CSV", "numpy.savez"]),
    ("header in Latin-1", b"label,pix\xe9l\n7,0\n", ["row 1: byte 0xe9 is no UTF-8"]),
    ("header with NUL", b"label,pixel0\0\n7,0\n", ["row 1: holds a NUL byte"]),
    ("header with open quote", b'label,"pixel0\n7,0\n', ["row 1: a quote does not close"]),
    ("UTF-16", GOOD.decode().encode("utf-16"), ["is UTF-16"]),
]


@pytest.mark.parametrize(("content", "needles"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_file_is_named_with_place_and_remedy(content: bytes, needles: list[str], tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert ";" in message  # what is wrong; what to do
    for needle in needles:
        assert needle in message


OTHER: list[tuple[str, Callable[[Path], object], str]] = [
    ("missing", lambda path: None, "there is no such file"),
    ("folder", lambda path: path.mkdir(), "is an empty folder"),
    ("parquet", lambda path: path.write_bytes(b"PAR1...."), "no readable Parquet file"),
    ("encrypted parquet", lambda path: path.write_bytes(b"PARE...."), "encrypted Parquet"),
    ("npy", lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"), "its header is cut off or damaged"),
    ("gzipped text", lambda path: path.write_bytes(gzip.compress(GOOD)), "unpack it first"),
    ("cut gzip", lambda path: path.write_bytes(b"\x1f\x8b\x08"), "unpack it first"),
]


@pytest.mark.parametrize(("make", "needle"), [case[1:] for case in OTHER], ids=[case[0] for case in OTHER])
def test_what_is_no_digit_file_is_refused(make: Callable[[Path], object], needle: str, tmp_path: Path) -> None:
    path = tmp_path / "data"
    make(path)
    with pytest.raises(InputError, match=needle):
        read(path)


def test_paths_that_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no path"):
        read("digits\0.csv")
    path = tmp_path / "a.parquet"
    path.write_bytes(GOOD)
    with pytest.raises(InputError, match=r"called \.parquet and is none"):
        read(path)

    def denied(*_: object, **__: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "a.csv"
    path.write_bytes(GOOD)
    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(InputError, match="you may not read this file"):
        read(path)


def test_a_task_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="task 'clustering'"):
        read(tmp_path / "digits.csv", task="clustering")
