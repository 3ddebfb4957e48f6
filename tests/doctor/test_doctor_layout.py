"""The doctor's own code: a guide that names every file, and one table of candidates that all files look facts up in."""

import re
from pathlib import Path

import numpy as np
import pytest

from pellucid.analysis import doctor
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.candidates import FACTS, HIDDEN, LOSSES, OUTPUT, facts
from pellucid.analysis.doctor.naming import Quantity
from pellucid.core.activations import Activation, slope, value

FOLDER = Path(doctor.__file__ or "").parent
FILES = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py")}


def test_the_reading_order_names_every_file_once() -> None:
    named = re.findall(r"``(\w+)``", FILES["__init__"])
    assert sorted(named) == sorted(set(FILES) - {"__init__"})


def test_no_file_asks_for_the_name_of_an_activation_or_a_loss() -> None:
    names = "|".join(re.escape(f'"{name}"') for name in FACTS)
    for file, text in FILES.items():
        assert not re.search(rf"(==|!=| in \() ?({names})", text), file


@pytest.mark.parametrize("f", [*HIDDEN, *OUTPUT], ids=str)
def test_the_facts_about_an_activation_are_true(f: Activation) -> None:
    known, z = facts(f), np.linspace(-3.0, 3.0, 12).reshape(4, 3)
    a = value(f, z)
    if "slope(" not in known.slope_code:
        code = known.slope_code.format(Z="Z", A="A")
        np.testing.assert_allclose(eval(code, {"Z": z, "A": a}), slope(f, z))
    if known.bounded:
        np.testing.assert_allclose(known.slope_from(a), slope(f, z))
        assert np.ptp(value(f, np.array([[50.0, 1000.0]]))) < 1e-9
    assert set(known.losses) | {known.slope_cancels or "squared error"} <= set(LOSSES)


@pytest.mark.parametrize("f", [f for f in OUTPUT if facts(f).slope_cancels], ids=str)
def test_with_the_loss_that_cancels_its_slope_delta_is_a_minus_y(f: Activation) -> None:
    loss = LOSSES[facts(f).slope_cancels]
    z, y = np.random.default_rng(0).normal(size=(1, 4)), np.eye(4)[[2]]
    h, numeric = 1e-6, np.zeros_like(z)
    for k in range(z.size):
        step = np.zeros_like(z)
        step[0, k] = h
        sides = [loss.value(value(f, z + sign * step), y) for sign in (1, -1)]
        numeric[0, k] = (sides[0] - sides[1]) / (2 * h)
    np.testing.assert_allclose(numeric, value(f, z) - y, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", LOSSES)
def test_the_slope_of_a_candidate_loss_matches_its_central_difference(name: str) -> None:
    rng, h = np.random.default_rng(1), 1e-6
    a, y = rng.uniform(0.2, 0.8, (1, 3)), np.eye(3)[[1]]
    sides = [[LOSSES[name].value(a + sign * h * np.eye(3)[[k]], y) for sign in (1, -1)] for k in range(3)]
    numeric = [(above - below) / (2 * h) for above, below in sides]
    np.testing.assert_allclose(LOSSES[name].slope(a, y)[0], numeric, rtol=1e-6)


def test_the_values_that_a_name_asks_for_are_found() -> None:
    values = AvailableValues({Quantity("W", 1): 1, Quantity("W", 2): 2}).extended(X="inputs", y="targets", output="out")
    values.by_name.update(params="by its own name", y="another y")
    assert [values[name] for name in ("W1", "weights", "A0", "AL", "params", "labels")] == [
        1, 2, "inputs", "out", "by its own name", "targets",
    ]  # fmt: skip
    assert values["y"] == "targets"  # never what another function called so
    assert "W3" not in values
    assert "speed" not in values
