"""Where the names of a CSV's columns stand is found out, said, and may be told."""

import io
from pathlib import Path

import pytest

import pellucid as pl
from pellucid.cli import main
from pellucid.datasets import read_frame


def read(text: str, **known: object) -> tuple[list[str], int, int]:
    """The names of a CSV's columns, its rows, and the number of the first."""
    frame = read_frame("-", stdin=io.BytesIO(text.encode()), **known)  # type: ignore[arg-type]
    return frame.names, frame.rows, frame.first


NUMBERED = ["column 1", "column 2", "column 3"]


@pytest.mark.parametrize(
    ("text", "names", "rows", "first"),
    [
        ("a,b\n1,2\n3,4\n", ["a", "b"], 2, 2),
        ("a,b\nx,y\nz,w\n", ["a", "b"], 2, 2),
        ("Prices of 2026\n\na;b\n1;2\n3;4\n", ["a", "b"], 2, 4),
        ("Prices of 2026,,\na,b,c\n1,2,3\n4,5,6\n", ["a", "b", "c"], 2, 3),
        ("# made in May, and June\na,b\n1,2\n3,4\n", ["a", "b"], 2, 3),
        ("#id,b\n1,2\n3,4\n", ["#id", "b"], 2, 2),
        ("sep=;\na;b\n1;2\n", ["a", "b"], 1, 3),
        ("\na,b\n1,2\n", ["a", "b"], 1, 3),
        ('"a title, of\ntwo lines"\na,b,c\n1,2,3\n4,5,6\n', ["a", "b", "c"], 2, 3),
        ("5.1,3.5,setosa\n4.9,3.0,virginica\n", NUMBERED, 2, 1),
        ("1,0,male\n2,1,female\n", NUMBERED, 2, 1),
        ("2024-01-01,x,y\n2024-01-02,z,w\n", NUMBERED, 2, 1),
        ("Report\n1.5,2,3\n4,5,6\n7,8,9\n", NUMBERED, 3, 2),
        ("country,2010,2011\nA,3,4\nB,4,5\n", ["country", "2010", "2011"], 2, 2),  # years are names
        ("country,2010\nA,3\nB,4\n", ["country", "2010"], 2, 2),
        ("0,1,2\n5,6,7\n8,9,1\n", ["0", "1", "2"], 2, 2),  # as pandas numbers columns
        ("a,b,,\n1,2,,\n3,4,,\n", ["a", "b"], 2, 2),
        ("a,,b\n1,,2\n3,,4\n", ["a", "b"], 2, 2),
        (
            "size, in cm, with, commas, many;colour\n1;red\n2;blue\n",
            ["size, in cm, with, commas, many", "colour"],
            2,
            2,
        ),
        ("a,b\nr1,1,2\nr2,3,4\n", ["Unnamed: 0", "a", "b"], 2, 2),  # as R names rows
        ('"a, b","c"\n"1",0.5,x\n"2",1.5,y\n', ["Unnamed: 0", "a, b", "c"], 2, 2),
    ],
)
def test_the_names_are_found(text: str, names: list[str], rows: int, first: int) -> None:
    assert read(text) == (names, rows, first)


def test_a_person_may_say_where_they_are() -> None:
    text = "1,2,3\n4,5,6\n7,8,9\n"
    assert read(text, header=1) == (["1", "2", "3"], 2, 2)
    assert read(text, header=2) == (["4", "5", "6"], 1, 3)
    assert read("a,b,c\nx,y,z\n", header=0) == (NUMBERED, 2, 1)
    with pytest.raises(pl.InputError, match="header=9: the names are looked for in its first 3 rows"):
        read(text, header=9)


def test_a_model_finds_its_columns_again() -> None:
    assert read("x,y\n1,2\na,b\n3,4\n5,6\n", names=("a", "b")) == (["a", "b"], 2, 4)
    assert read("q,r,s\n", names=tuple(NUMBERED)) == (NUMBERED, 1, 1)


@pytest.mark.parametrize(
    "above", ["Temperature,,Weather,\n", "Report, May\nGenerated, now\n", "Station,3,x\n" * 6, "Report, May\n" * 60]
)
def test_where_another_row_may_have_the_names_it_is_proposed_and_works(above: str) -> None:
    table = above + "v,w,x,y\n" + "1,2,3,4\n" * 90
    row = above.count("\n") + 1
    try:
        assert read(table)[0] == ["v", "w", "x", "y"]
    except pl.InputError as fault:
        assert f"if row {row} has the names: header={row}" in str(fault)  # noqa: PT017
    assert read(table, header=row) == (["v", "w", "x", "y"], 90, row + 1)


def test_blank_lines_alone_are_told() -> None:
    with pytest.raises(pl.InputError, match="row 1: is blank; the names of the columns belong there"):
        read("\n" * 300 + "a,b\n1,2\n")


def test_the_row_of_a_fault_is_that_of_the_file() -> None:
    for above, row in (("", 4), ("Report of May\n\n", 6)):
        with pytest.raises(pl.InputError, match=f"row {row}: has 2 values"):
            read(f"{above}a,b,c\n1,2,3\n4,5,6\n7,8\n")
    with pytest.raises(pl.InputError, match=r"row 3: has 2 values"):
        read("1.5,2,3\n4,5,6\n7,8\n")


def test_a_file_without_names_is_learned_predicted_and_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"{k % 9}.5,{k * k % 11},{'ab'[k % 9 > 4]}" for k in range(90)]
    path, out = tmp_path / "d.csv", tmp_path / "run"
    path.write_text("\n".join(lines) + "\n")
    assert main(["train", str(path), "--target", "column 3", "--epochs", "20", "--out", str(out)]) == 0
    assert "row 1 holds values, no names: the columns are called column 1 to column 3" in capsys.readouterr().err
    model = pl.load_model(out / "model.safetensors")
    expected = pl.tables.predict(model, str(path))
    assert pl.tables.evaluate(model, str(path)).accuracy == 1
    path.write_text(lines[0] + "\n")  # one row says nothing of itself
    assert pl.tables.predict(model, str(path)) == expected[:1]
    pl.export(model, tmp_path / "script.py", to="numpy")
    space: dict[str, object] = {"__name__": "script"}
    exec((tmp_path / "script.py").read_text(), space)
    assert space["predict"](space["read"](path)) == [expected[0]]  # type: ignore[operator]
