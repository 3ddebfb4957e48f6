"""The doctor's own code: a guide that names every file, and one table of candidates that all files look facts up in."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.analysis import doctor
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.candidates import HIDDEN, LOSSES, OUTPUT, SIGMOID, SOFTMAX, TWICE, Candidate
from pellucid.analysis.doctor.naming import Quantity
from pellucid.core.arrays import Array

FOLDER = Path(doctor.__file__ or "").parent
FILES = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py")}


def test_the_reading_order_names_every_file_once() -> None:
    named = re.findall(r"``(\w+)``", FILES["__init__"])
    assert sorted(named) == sorted(set(FILES) - {"__init__"})


def test_no_file_asks_for_the_name_of_an_activation_or_a_loss() -> None:
    names = "|".join(re.escape(f'"{name}"') for name in (*(f.name for f in ALL), *LOSSES))
    for file, text in FILES.items():
        assert not re.search(rf"(==|!=| in \() ?({names})", text), file


ALL = list({f.name: f for f in (*HIDDEN, *OUTPUT, *TWICE)}.values())


def central_difference(g: Callable[[Array], Any], z: Array, h: float = 1e-6) -> Array:
    """The slope of a number g(z) by each entry of z."""
    steps = h * np.eye(z.size).reshape(z.size, *z.shape)
    return np.array([(g(z + step) - g(z - step)) / (2 * h) for step in steps]).reshape(z.shape)


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)
def test_the_facts_about_an_activation_are_true(f: Candidate) -> None:
    z, R = np.linspace(-3.0, 3.0, 12).reshape(4, 3), np.random.default_rng(0).normal(size=(4, 3))
    a = f.value(z)
    np.testing.assert_allclose(f.back(z, a, R), central_difference(lambda z: (f.value(z) * R).sum(), z), atol=1e-8)
    if "slope(" not in f.slope_code and f.jacobian is None:
        np.testing.assert_allclose(eval(f.slope_code.format(Z="Z", A="A"), {"Z": z, "A": a}), f.slope(z))
    if f.bounded:
        np.testing.assert_allclose(f.slope_from(a), f.slope(z))
        assert np.ptp(f.value(np.array([[50.0, 1000.0]]))) < 1e-9
    assert set(f.losses) | {f.slope_cancels or "squared error"} <= set(LOSSES)


@pytest.mark.parametrize("f", [f for f in OUTPUT if f.slope_cancels], ids=lambda f: f.name)
def test_with_the_loss_that_cancels_its_slope_delta_is_a_minus_y(f: Candidate) -> None:
    loss = LOSSES[f.slope_cancels]
    z, y = np.random.default_rng(0).normal(size=(1, 4)), np.eye(4)[[2]]
    numeric = central_difference(lambda z: loss.value(f.value(z), y), z)
    np.testing.assert_allclose(numeric, f.value(z) - y, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", LOSSES)
def test_the_slope_of_a_candidate_loss_matches_its_central_difference(name: str) -> None:
    a, y = np.random.default_rng(1).uniform(0.2, 0.8, (1, 3)), np.eye(3)[[1]]
    numeric = central_difference(lambda a: LOSSES[name].value(a, y), a)
    np.testing.assert_allclose(LOSSES[name].slope(a, y), numeric, rtol=1e-6)
    code = LOSSES[name].slope_code.format(A="A", Y="Y")
    np.testing.assert_allclose(
        eval(code, {"A": a, "Y": y, "np": np, "softmax": SOFTMAX.value, "sigmoid": SIGMOID.value}), numeric, rtol=1e-6
    )


def test_the_values_that_a_name_asks_for_are_found() -> None:
    values = AvailableValues({Quantity("W", 1): 1, Quantity("W", 2): 2}).extended(X="inputs", y="targets", output="out")
    values.by_name.update(params="by its own name", y="another y")
    assert [values[name] for name in ("W1", "weights", "A0", "AL", "params", "labels")] == [
        1, 2, "inputs", "out", "by its own name", "targets",
    ]  # fmt: skip
    assert values["y"] == "targets"  # never what another function called so
    assert "W3" not in values
    assert "speed" not in values
