"""What each column of a table is taken for, and why some are left out."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from pellucid import InputError
from pellucid.datasets import Dataset, LoadOptions, WeightedSamples, as_frame, load_table
from pellucid.model.columns import Category, Date, Number

ROWS = 60
RNG = np.random.default_rng(0)


def columns(**more: Any) -> dict[str, Any]:
    return {"x": RNG.normal(size=ROWS), "y": RNG.normal(size=ROWS), **more}


def load(table: dict[str, Any], target: str = "y", **options: Any) -> Dataset:
    return load_table(as_frame(pl.DataFrame(table), "t.csv"), LoadOptions(target=target, **options))


def kinds(dataset: Dataset) -> dict[str, str]:
    return {column.name: column.kind for column in dataset.understood}


def why(dataset: Dataset, name: str) -> str:
    return next(column.becomes for column in dataset.understood if column.name == name)


def test_each_kind_of_column_is_recognised() -> None:
    table = columns(
        yes=[True, False] * 30,
        city=["Bonn", "Köln", "Ulm"] * 20,
        when=np.datetime64("2026-01-01") + np.arange(ROWS),
    )
    dataset = load(table)
    assert kinds(dataset) == {
        "x": "number", "y": "target", "yes": "boolean", "city": "category", "when": "date",
    }  # fmt: skip
    assert dataset.preprocessing is not None
    assert [type(column) for column in dataset.preprocessing.columns] == [Number, Number, Category, Date]
    assert dataset.features == dataset.preprocessing.inputs
    assert dataset.train.shape[1] == len(dataset.features)


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("id", list(range(ROWS)), "numbers the rows"),
        ("n", list(range(1, ROWS + 1)), "numbers the rows"),
        ("index", list(range(7, 7 + ROWS)), "numbers the rows"),
        ("same", [3.0] * ROWS, "always 3"),
        ("same", ["Bonn"] * ROWS, "always Bonn"),
        ("empty", [None] * ROWS, "empty"),
        ("name", [f"person {k}" for k in range(ROWS)], "text with 54 different values"),
    ],
)
def test_what_says_nothing_is_left_out_with_its_reason(name: str, values: list[Any], reason: str) -> None:
    dataset = load(columns(**{name: values}))
    assert kinds(dataset)[name] == "left out"
    assert reason in why(dataset, name)
    assert dataset.features == ("x",)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("year", list(range(1950, 1950 + ROWS))),  # counts up, but not from 0 or 1, nor by its name
        ("step", [2 * k for k in range(ROWS)]),
        ("index", [k + 0.5 for k in range(ROWS)]),
        ("gappy", [3.0, None] * 30),  # always 3, but where it is missing may tell
        ("grade", ["a", "b", "c", "d"] * 15),
        ("few", [f"v{k}" for k in range(20)] * 3),
    ],
)
def test_what_may_say_something_is_kept(name: str, values: list[Any]) -> None:
    assert kinds(load(columns(**{name: values})))[name] != "left out"


def test_a_person_knows_better() -> None:
    table = columns(zip=[10115 + k % 4 for k in range(ROWS)], name=[f"n{k}" for k in range(ROWS)])
    dataset = load(table, columns=("zip=category", "name=category", "x=out"))
    assert kinds(dataset) == {"x": "left out", "y": "target", "zip": "category", "name": "category"}
    assert dataset.features[:4] == ("zip = 10115", "zip = 10116", "zip = 10117", "zip = 10118")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("zip", "columns='zip': give a name and a kind"),
        ("zip=category", "has no such column; it has x, y"),
        ("x=picture", "a column is one of number, boolean, category, date, out"),
        ("y=date", "is the target"),
        ("y=category", "is text with 60 different values in 60 rows, too many for classes"),
        ("x=boolean", "column x: .*, but this column holds yes and no"),
        ("x=date", "but this column holds dates"),
        ("x=out", "no column is left to learn from"),
    ],
)
def test_what_cannot_be_is_refused(asked: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(columns(), columns=(asked,))


def test_the_preprocessing_knows_the_training_part_alone() -> None:
    x = RNG.normal(size=200)
    dataset = load({"x": x, "y": RNG.normal(size=200)}, dev=50, test=50)
    plan = dataset.preprocessing
    assert plan is not None
    assert dataset.test is not None
    seen = dataset.train.X[:, 0] * plan.columns[0].scale + plan.columns[0].mean  # type: ignore[union-attr]
    assert seen.mean() == pytest.approx(plan.columns[0].mean, abs=1e-6)  # type: ignore[union-attr]
    assert seen.std() == pytest.approx(plan.columns[0].scale, rel=1e-5)  # type: ignore[union-attr]
    assert plan.columns[0].mean != pytest.approx(x.mean(), abs=1e-6)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["no", "yes"] * 30, "classification", ("no", "yes")),
        ([True, False] * 30, "classification", ("False", "True")),
        ([2, 10, 1] * 20, "classification", ("1", "2", "10")),
        ([2.0, 10.0, None] * 20, "classification", ("2", "10")),
        (list(range(ROWS)), "regression", None),
        ([0.5, 1.5] * 30, "regression", None),
    ],
)
def test_the_task_follows_from_the_target(values: list[Any], task: str, classes: tuple[str, ...] | None) -> None:
    dataset = load({**columns(), "y": values})
    assert (dataset.task, dataset.classes) == (task, classes)


def test_rows_without_a_target_are_left_out_and_it_is_said() -> None:
    dataset = load({**columns(), "y": [None, "a", "b"] * 20}, dev=0)
    assert dataset.train.shape[0] == 40
    assert "20 rows without it are left out" in why(dataset, "y")


def test_several_values_are_learned_at_once_each_scaled_by_itself() -> None:
    dataset = load(columns(z=1e6 + RNG.normal(size=ROWS)), target="y,z", dev=0)
    assert dataset.train.target_shape == (2,)
    assert dataset.train.y.std(axis=0) == pytest.approx(1, rel=1e-4)  # type: ignore[union-attr]
    assert dataset.features == ("x",)


def test_weights_come_from_a_column_and_from_the_classes() -> None:
    table = {"x": RNG.normal(size=90), "y": ["a", "a", "b"] * 30, "w": [1.0, 2.0, 3.0] * 30}
    weighted = load(table, weights="w", dev=0).train
    assert isinstance(weighted, WeightedSamples)
    assert sorted(set(weighted.weights)) == [1, 2, 3]
    balanced = load({name: table[name] for name in "xy"}, class_weights="balanced", dev=0).train
    assert isinstance(balanced, WeightedSamples)
    sums = [balanced.weights[balanced.y == k].sum() for k in (0, 1)]
    assert sums == pytest.approx([45, 45])
    both = load(table, weights="w", class_weights="b=10", dev=0).train
    assert isinstance(both, WeightedSamples)
    assert set(both.weights[both.y == 1]) == {30}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "z"}, "has no column 'z' for the target; its columns are x, y, w"),
        ({"target": "y,y"}, "names a column twice"),
        ({"target": "y,when"}, "is dates; predict numbers"),
        ({"target": "always"}, "every label is 3"),
        ({"target": "always", "task": "regression"}, "the target is 3 in every row"),
        ({"target": "one"}, "every label is a"),
        ({"target": "gone"}, "is empty in every row"),
        ({"weights": "y"}, "no such column beside the target"),
        ({"weights": "minus"}, r"row 0, column minus: -1 is no weight"),
        ({"weights": "zero"}, "every weight is 0"),
        ({"class_weights": "balanced"}, "is for classes"),
        ({"target": "label", "class_weights": "c=1"}, "the classes are a, b"),
        ({"target": "label", "class_weights": "a=-1"}, "finite numbers of at least 0"),
        ({"target": "label", "class_weights": "a"}, "give balanced, or a class and a number"),
    ],
)
def test_a_request_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    table = columns(
        w=[1.0] * ROWS, when=np.datetime64("2026-01-01") + np.arange(ROWS), always=[3.0] * ROWS,
        one=["a"] * ROWS, gone=[None] * ROWS, minus=[-1.0] * ROWS, zero=[0.0] * ROWS, label=["a", "b"] * 30,
    )  # fmt: skip
    with pytest.raises(InputError, match=message):
        load(table, **options)


def test_without_a_target_the_usual_name_is_taken_and_else_it_is_asked_for() -> None:
    frame = as_frame(pl.DataFrame({"a": [1.0, 2.0] * 10, "label": ["x", "y"] * 10}), "t")
    assert load_table(frame).classes == ("x", "y")
    with pytest.raises(InputError, match="say which column to predict: target='NAME'; its columns are a, b"):
        load_table(as_frame(pl.DataFrame({"a": [1.0], "b": [2.0]}), "t"))


def test_a_plan_that_was_fitted_before_is_used_as_it_is() -> None:
    first = load(columns())
    again = load({"x": RNG.normal(size=ROWS) * 9, "y": RNG.normal(size=ROWS)}, plan=first.preprocessing)
    assert again.preprocessing is first.preprocessing
    assert abs(again.train.X).max() > 9  # type: ignore[union-attr]
