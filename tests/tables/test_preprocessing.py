"""What becomes of a table's columns: laws of scaling, levels, gaps and dates, and of the file that keeps them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import InputError, Model, Network, SquaredError, load_model, save_model
from pellucid.core.arrays import AnyArray
from pellucid.model.columns import Category, Date, Number, Target, mean_and_scale
from pellucid.model.preprocessing import Preprocessing

REAL = st.floats(-1e12, 1e12, allow_nan=False).map(lambda x: round(x, 6))
TEXTS = np.array(["b", "a", None, "b", "c"], object)


def inputs(column: Any, values: Any) -> Any:
    out = np.empty((len(values), len(column.inputs)))
    column.write(values, out=out)
    return out


@given(st.lists(REAL, min_size=2, max_size=40))
def test_scaled_training_values_have_mean_0_and_deviation_1_or_are_all_0(values: list[float]) -> None:
    x = np.array(values)
    z = inputs(Number.fitted("x", x), x)[:, 0]
    if np.ptp(x) > 1e-6 * np.abs(x).max():
        assert z.mean() == pytest.approx(0, abs=1e-6)
        assert z.std() == pytest.approx(1, rel=1e-6)
    else:
        assert np.isfinite(z).all()


def test_a_gap_is_the_median_and_is_marked() -> None:
    column = Number.fitted("x", np.array([1.0, 2.0, 9.0, np.nan]))
    z = inputs(column, np.array([np.nan, 2.0]))
    assert z[0, 0] == z[1, 0]
    assert z[:, 1].tolist() == [1, 0]


def test_without_gaps_in_training_a_gap_is_the_median_and_has_no_input() -> None:
    column = Number.fitted("x", np.array([1.0, 2.0, 9.0]))
    assert column.inputs == ("x",)
    assert inputs(column, np.array([np.nan])) == inputs(column, np.array([2.0]))


def test_values_that_do_not_differ_are_not_blown_up() -> None:
    assert mean_and_scale(np.full(5, 1e9 + 0.1))[1] == 1.0
    assert mean_and_scale(np.array([])) == (0.0, 1.0)


def test_the_largest_numbers_are_scaled_without_overflow() -> None:
    mean, scale = mean_and_scale(np.array([1e308, -1e308]))
    assert mean == 0.0
    assert scale == pytest.approx(1e308)


def test_each_row_has_exactly_one_level_of_a_category_that_knows_it() -> None:
    column = Category.fitted("c", TEXTS)
    assert column.inputs == ("c = a", "c = b", "c = c", "c is missing")
    assert inputs(column, TEXTS).tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]


def test_an_unknown_level_counts_as_a_rare_one_or_has_no_input() -> None:
    unknown = np.array(["z"], object)
    assert not inputs(Category("c", ("a", "b")), unknown).any()
    assert inputs(Category("c", ("a", "b"), others=True), unknown).tolist() == [[0, 0, 1]]
    assert Category("c", ("a",)).unknown(np.array(["a", "z", None], object)) == ["z"]


def test_rare_levels_share_an_input_and_the_frequent_ones_are_at_most_250() -> None:
    values = np.array(["a"] * 50 + ["b"] * 40 + ["rare", "rarer"], object)
    column = Category.fitted("c", values)
    assert (column.levels, column.others) == (("a", "b"), True)
    many = Category.fitted("c", np.array([f"v{k % 300}" for k in range(1200)], object))
    assert (len(many.levels), many.others) == (250, True)


def test_a_date_is_where_it_stands_in_the_week_and_the_year() -> None:
    seconds = np.array([datetime(2026, 11, day, tzinfo=UTC).timestamp() for day in range(2, 17)])  # Monday the 2nd
    column = Date.fitted("when", seconds)
    assert column.cycles == ("week",)
    sine, cosine = inputs(column, seconds)[:, 1:3].T
    assert np.arctan2(sine, cosine)[[0, 7, 14]] == pytest.approx(0, abs=1e-9)  # each Monday
    assert (np.diff(inputs(column, seconds)[:, 0]) > 0).all()


@pytest.mark.parametrize(
    ("dates", "cycles"),
    [
        (np.arange("2019-07", "2026-07", 12, dtype="M8[M]"), ()),  # each first of July
        (np.arange("2019-07", "2026-07", 3, dtype="M8[M]"), ("year",)),
        (np.arange("2019-07", "2026-07", dtype="M8[M]"), ("year",)),
        (np.arange("2019-07", "2026-07", dtype="M8[M]").astype("M8[D]") - 1, ("year",)),  # the last of each month
        (np.arange("2019-07", "2026-07", dtype="M8[W]"), ("year",)),  # each Thursday
        (np.arange("2019-07-01", "2021-07-01", dtype="M8[D]"), ("year", "week")),
        (np.arange("2019-07-01T12", "2021-07-01T12", 24, dtype="M8[h]"), ("year", "week")),  # each noon
        (np.arange("2019-07-01", "2021-07-01", dtype="M8[h]"), ("year", "week", "day")),
        (np.arange("2019-07-01", "2019-07-03", dtype="M8[h]"), ("day",)),
        (np.array(["2019-07-01"], "M8[D]"), ()),
        (np.array([], "M8[D]"), ()),
    ],
)
def test_a_date_has_the_cycles_in_which_its_values_differ(dates: AnyArray, cycles: tuple[str, ...]) -> None:
    assert Date.fitted("when", dates.astype("M8[s]").astype(np.float64)).cycles == cycles


def test_targets_come_back_as_they_were() -> None:
    y = np.array([[1.0, 5e6], [3.0, 7e6], [8.0, 5e6]])
    plan = Preprocessing((), targets=(Target.fitted("a", y[:, 0]), Target.fitted("b", y[:, 1])))
    assert plan.in_units(plan.scaled(y)) == pytest.approx(y, rel=1e-12)
    assert plan.scaled(y).std(axis=0) == pytest.approx(1)


def plan() -> Preprocessing:
    columns = (
        Number("n", 1.0, 2.0, 3.0, gaps=True),
        Number("b", 0.5, 0.5, 1.0, boolean=True),
        Category("c", ("x", "y"), others=True, gaps=True),
        Date("d", 0.0, 9.0, 5.0, ("year", "day"), gaps=True),
    )
    return Preprocessing(columns, (("id", "it numbers the rows"),), (Target("t", 10.0, 4.0),))


def model() -> Model:
    net = Network([len(plan().inputs), 3, 1], loss=SquaredError(), rng=np.random.default_rng(0))
    return Model(net, features=plan().inputs, preprocessing=plan())


def test_a_model_file_keeps_the_preprocessing(tmp_path: Path) -> None:
    save_model(model(), tmp_path / "m.safetensors")
    assert load_model(tmp_path / "m.safetensors").preprocessing == plan()


def test_the_network_in_units_says_what_the_scaled_one_says() -> None:
    x = np.random.default_rng(1).normal(size=(20, len(plan().inputs)))
    scaled = model().network.predict(x)
    assert model().in_units().predict(x) == pytest.approx(plan().in_units(scaled), rel=1e-5)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda about: about["columns"].clear(),
        lambda about: about["columns"][0].update(scale=0.0),
        lambda about: about["columns"][0].update(scale=-1.0),
        lambda about: about["columns"][0].update(mean="1"),
        lambda about: about["columns"][0].update(mean=float("inf")),
        lambda about: about["columns"][0].update(kind="spell"),
        lambda about: about["columns"][0].update(gaps=1),
        lambda about: about["columns"][0].update(more=1),
        lambda about: about["columns"][0].pop("mean"),
        lambda about: about["columns"][1].update(name="n"),
        lambda about: about["columns"][2].update(levels="xy"),
        lambda about: about["columns"][2].update(levels=[1, 2]),
        lambda about: about["columns"][3].update(cycles=["month"]),
        lambda about: about["targets"][0].update(scale=0),
        lambda about: about["targets"].clear(),
        lambda about: about.update(columns=about["columns"][1:]),
        lambda about: about.update(left_out=3),
    ],
)
def test_a_damaged_preprocessing_is_refused(tmp_path: Path, spoil: Any) -> None:
    save_model(model(), tmp_path / "m.safetensors")
    content = (tmp_path / "m.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    about = json.loads(header["__metadata__"]["pellucid"])
    spoil(about["preprocessing"])
    header["__metadata__"]["pellucid"] = json.dumps(about)
    packed = json.dumps(header).encode()
    (tmp_path / "m.safetensors").write_bytes(len(packed).to_bytes(8, "little") + packed + content[8 + size :])
    with pytest.raises(InputError, match=r"m\.safetensors: .*train the model again"):
        load_model(tmp_path / "m.safetensors")
