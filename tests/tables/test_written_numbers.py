"""Numbers as people write them are read where there is one way to; where there are two, both are told."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid as pl
from pellucid.cli import main
from pellucid.datasets import Column, read_frame
from pellucid.datasets.frames.written import Form


def column(cells: list[str], separator: str = ",", **others: list[str]) -> Column:
    """The first column of a CSV, beside others."""
    table = {"v": cells, "row": [f"r{k}" for k in range(len(cells))], **others}
    lines = [
        separator.join(table),
        *(separator.join(f'"{c}"' for c in row) for row in zip(*table.values(), strict=True)),
    ]
    return read_frame("-", stdin=io.BytesIO("\n".join(lines).encode())).columns["v"]


@pytest.mark.parametrize(
    ("cells", "values", "form"),
    [
        (["$1,200.00", "$5", "-$3.50"], [1200, 5, -3.5], "$1,234.5"),
        (["83.70%", "5.1%"], [83.7, 5.1], "1234.5%"),
        (["12 kg", "7.5 kg", "0"], [12, 7.5, 0], "1234.5 kg"),
        (["74 bhp", "103.6 bhp", "0"], [74, 103.6, 0], "1234.5 bhp"),
        (["8GB", "16GB"], [8, 16], "1234.5GB"),
        (["36 months", "60 months"], [36, 60], "1234.5 months"),
        (["990", "1,173", "12,000,500"], [990, 1173, 12000500], "1,234.5"),
        (["1,00,000", "12,34,567"], [100000, 1234567], "1,234.5"),
        (["1 000", "22"], [1000, 22], "1 234.5"),
        (["1\u202f000,5", "22"], [1000.5, 22], "1 234,5"),
        (["1'000.5", "22"], [1000.5, 22], "1'234.5"),
        (["1.234,56", "7,5"], [1234.56, 7.5], "1.234,5"),
        (["€ 7,50", "€ 1.250,00"], [7.5, 1250], "€1.234,5"),
        (["(12.50)", "3"], [-12.5, 3], "1234.5"),
        (["−12.50", "3"], [-12.5, 3], "1234.5"),
        (["Rs. 1,200", "Rs. 15"], [1200, 15], "Rs.1,234.5"),
        (["80 m²", "120 m²"], [80, 120], "1234.5 m²"),
        (["1,000+", "500+"], [1000, 500], "1,234.5+"),
        (["1,5 %", "2,25 %"], [1.5, 2.25], "1234,5 %"),
    ],
)
def test_one_reading_is_taken(cells: list[str], values: list[float], form: str) -> None:
    found = column([*cells, "", "?"])
    assert (found.kind, found.form) == ("number", form)
    np.testing.assert_array_equal(found.values, [*values, np.nan, np.nan])


@pytest.mark.parametrize(
    "cells",
    [
        ["1st", "2nd", "3rd"], ["Room 12", "Room 13"], ["A12", "A13"], ["10-20", "20-30"], ["12:30", "13:40"],
        ["1.2.3", "1.10"], ["192.168.0.1", "10.0.0.2"], ["3/4", "1/2"], ["< 1 year", "10+ years"], ["S", "M"],
        ["007", "012"], ["1e5x2", "3"], ["12 kg", "500 g"], ["5%", "0.05"], ["12 kg", "7"],
        ["4", "4+"], ["1.5", "1,5", "2.25", "2,25"],
    ],
)  # fmt: skip
def test_what_is_no_number_or_has_several_units_stays_text(cells: list[str]) -> None:
    assert column(cells).kind == "text"


def test_the_whole_file_decides_what_a_point_is() -> None:
    assert column(["76.083", "145"], ";", rent=["10,35", "9,5"]).values.tolist() == [76083, 145]  # type: ignore[union-attr]
    assert column(["76.083", "145"], ";", rent=["10.35", "9.5"]).values.tolist() == [76.083, 145]  # type: ignore[union-attr]
    assert column(["76.083", "145"], ",").values.tolist() == [76.083, 145]  # type: ignore[union-attr]
    few = column(["76.083", "145"], ";")
    assert few.odd is not None
    assert "may be 76.083 or 76083" in few.odd.why
    many = [f"{k}.{476 + k}" for k in range(1, 20)]
    assert column([*many, "145"], ";").values.tolist()[:2] == [1477, 2478]  # type: ignore[union-attr]
    assert column([*many, "145"], ",").values.tolist()[:2] == [1.477, 2.478]  # type: ignore[union-attr]
    assert column([*many, "1450"], ";").odd is not None
    assert column(["76.08", "145"], ";", rent=["10,35", "9,5"]).values.tolist() == [76.08, 145]  # type: ignore[union-attr]
    assert column(["1,173", "2,500"], ";", rent=["10,35", "9,5"]).values.tolist() == [1.173, 2.5]  # type: ignore[union-attr]
    assert column(["1,173", "2,500"], ",").values.tolist() == [1173, 2500]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("cells", "others", "readings"),
    [
        (["1,173", "2,500"], {}, "'1,173' may be 1.173 or 1173"),
        (["76.083", "2.500"], {"rent": ["10,35", "9,5"], "height": ["1.75", "1.8"]}, "'76.083' may be 76.083 or 76083"),
    ],
)
def test_two_readings_are_refused_with_both_and_a_person_decides(
    cells: list[str], others: dict[str, list[str]], readings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = {"v": cells * 30, **{name: values * 30 for name, values in others.items()}, "y": ["a", "b"] * 30}
    path = tmp_path / "t.csv"
    path.write_text("\n".join([";".join(table), *(";".join(row) for row in zip(*table.values(), strict=True))]))
    train = ["train", str(path), "--epochs", "1", "--out", str(tmp_path / "run")]
    assert main([*train, "--target", "y"]) == 2
    said = capsys.readouterr().err
    assert f"row 2, column v: {readings}" in said
    assert "--column v=number" in said
    assert main([*train, "--target", "v"]) == 2
    assert f"row 2, column v: {readings}" in capsys.readouterr().err
    assert main([*train, "--target", "y", "--column", "v=number"]) == 0
    plan = pl.load_model(tmp_path / "run" / "model.safetensors").preprocessing
    assert plan is not None
    first = float(readings.split()[3])
    mean = plan.columns[0].mean  # type: ignore[union-attr]
    assert min(abs(mean - (first + 2500) / 2), abs(mean - (first + 2.5) / 2)) < 0.1 * mean


@pytest.mark.parametrize(
    ("target", "form"), [("price", "$1,234.5"), ("share", "1234.5%"), ("mass", "1234.5 kg"), ("views", "1,234.5")]
)
def test_a_target_with_a_unit_is_a_value(target: str, form: str, tmp_path: Path) -> None:
    x = np.arange(120.0) % 17 + np.arange(120) / 7
    texts = {"price": [f"${1000 + 40 * a:,.2f}" for a in x], "share": [f"{a:.1f}%" for a in x],
             "mass": [f"{a:.2f} kg" for a in x], "views": [f"{round(900 + 40 * a):,}" for a in x]}  # fmt: skip
    model = pl.tables.fit({"x": x, "y": texts[target]}, "y", seed=0)
    assert model.preprocessing is not None
    assert model.preprocessing.targets[0].form == form
    score = pl.tables.evaluate(model, {"x": x, "y": texts[target]}).r2
    assert score is not None
    assert score > 0.98


def test_few_values_with_a_unit_are_classes_called_as_the_file_calls_them() -> None:
    model = pl.tables.fit({"x": [1.0, 2.0, 3.0] * 30, "y": ["5 kg", "10 kg", "20 kg"] * 30}, "y", epochs=30)
    assert model.classes == ("10 kg", "20 kg", "5 kg")
    assert pl.tables.predict(model, {"x": [3.0]}).tolist() == ["20 kg"]


def test_later_rows_are_read_as_training_was() -> None:
    table = {"v": ["$1,200.00", "$5.50"] * 30, "y": [0.5, 1.5] * 30}
    model = pl.tables.fit(table, "y", epochs=1)
    first = pl.tables.predict(model, {"v": ["$1,200.00", "1200", "1,200"]})
    assert len(set(first)) == 1
    assert pl.tables.predict(model, {"v": [1200.0]}) == first[0]
    for bad in ("1.200,00", "1200 €", "£1,200"):
        with pytest.raises(
            pl.InputError, match=r"row 0, column v: .*, but this column holds numbers such as \$1,234.5"
        ):
            pl.tables.predict(model, {"v": [bad]})
    plain = pl.tables.fit({**table, "v": [1200.0, 5.5] * 30}, "y", epochs=1)
    with pytest.raises(pl.InputError, match="write it without commas"):
        pl.tables.predict(plain, {"v": ["1,200"]})


def test_what_was_understood_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(f'"${1000 + k * 37 % 900:,}",{k % 7}.5' for k in range(60))
    (tmp_path / "t.csv").write_text("price,y\n" + rows)
    main(["train", str(tmp_path / "t.csv"), "--target", "y", "--epochs", "1", "--out", str(tmp_path / "run")])
    assert "read without '$' and ','" in " ".join(capsys.readouterr().out.split())


def test_why_a_column_is_left_out_says_what_it_looks_like() -> None:
    cells = [f"{k} kg" if k % 2 else f"{k}00 g" for k in range(1, 61)]
    with pytest.raises(pl.InputError, match="holds numbers with different units: 'g', 'kg'"):
        pl.tables.fit({"v": cells, "y": list(range(60))}, "y")
    with pytest.raises(pl.InputError, match="too many for classes; it holds numbers with different units: 'g', 'kg'"):
        pl.tables.fit({"x": list(range(2, 122, 2)), "y": cells}, "y")


def test_what_holds_a_number_and_is_not_read_is_told_but_not_of_names() -> None:
    for write in ("1.{0},99-", "~{0}", "{0}.5[1]", "{0} ± 0.2", "1:{0}", "<{0}"):
        found = column([write.format(k) for k in range(100, 140)], ";")
        assert (found.kind, "looks like numbers in no form that is read" in found.why) == ("text", True), write
    streets = [f"{k} {['Elm', 'Main', 'Oak', 'Park', 'Pine', 'Lake', 'Hill'][k % 7]} St" for k in range(40)]
    for cells in (streets, [f"A{k}" for k in range(40)], [f"person {k}" for k in range(40)]):
        assert column(cells).why == ""


def test_text_with_a_value_a_row_is_no_target() -> None:
    names: dict[str, Any] = {"x": [float(k % 7) for k in range(60)], "y": [f"person {k}" for k in range(60)]}
    with pytest.raises(pl.InputError, match="is text with 60 different values in 60 rows, too many for classes"):
        pl.tables.fit(names, "y")
    assert len(pl.tables.fit(names, "y", task="classification", epochs=1).classes or ()) == 60


@given(
    st.floats(-1e12, 1e12, allow_nan=False),
    st.sampled_from(["1,234.5", "1.234,5", "1 234,5", "$1,234.5", "1'234.5 CHF"]),
)
def test_a_form_reads_what_it_writes(x: float, text: str) -> None:
    form = Form.of(text)
    assert str(form) == text
    digits = f"{abs(x):,.3f}".translate({ord(","): form.between, ord("."): form.point})
    assert form.value(f"{'-' * (x < 0)}{form.before}{digits}{form.behind}") == round(x, 3)


def test_what_means_missing_is_no_sign_of_a_point_and_is_a_gap_among_thousands_too() -> None:
    size = [f"{k}.{476 + k}" for k in range(1, 50)] + ["n.a.", "-999"]
    rent = [f"{k},5" for k in range(51)]
    lines = ["size;rent;y", *(f"{a};{b};{k % 7}" for k, (a, b) in enumerate(zip(size, rent, strict=True)))]
    frame = read_frame("-", stdin=io.BytesIO("\n".join(lines).encode()))
    held = replace(frame, missing=("n.a.", "size=-999")).columns["size"]
    assert (held.kind, held.form) == ("number", "1.234,5")
    assert held.values is not None
    np.testing.assert_array_equal(held.values, [*(1000 * k + 476 + k for k in range(1, 50)), np.nan, np.nan])


def test_readings_are_told_with_all_their_digits() -> None:
    odd = column(["1,234,567.891", "2.5"], ";").odd
    assert odd is None
    odd = column(["123,456", "234,567"], ";").odd
    assert odd is not None
    assert "may be 123.456 or 123456:" in odd.why
