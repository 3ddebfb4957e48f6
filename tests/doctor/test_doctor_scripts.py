"""Whole scripts by people who had not seen the doctor: none that is right is accused, none that is faulty is healthy.

``scripts/first`` and ``scripts/second`` hold 32 and 30 of them, half of each with one fault; ``third``, ``fourth``,
``fifth`` and ``sixth`` the 22 of four more sets whose kind had first to be understood. ``truth.json`` says which, and
what is wrong where. It was found by differences of the loss, by those who wrote the scripts.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from doctor.networks import FULL
from pellucid.analysis.doctor.safe_run import examine_safely

FOLDER = Path(__file__).parent / "scripts"
TRUTH: dict[str, dict[str, Any]] = {
    f"{file.parent.name}/{name}": about
    for file in sorted(FOLDER.glob("*/truth.json"))
    for name, about in json.loads(file.read_text(encoding="utf-8")).items()
}
# what cannot be compared: optimisers that are none that the doctor knows
NOT_COMPARED = {"first/spiral_adam.py", "second/adam_mlp.py"}
# of the first two sets every third script, unless all are wanted: networks.py
TAKEN = [name for k, name in enumerate(TRUTH) if FULL or k % 3 == 0 or not name.startswith(("first", "second"))]
# what takes long, and may run out of its time beside other tests
LONG = {"second/rmsprop_regressor.py", "third/adam_spirals.py"}


def test_half_of_them_are_right() -> None:
    whole = [about["right"] for name, about in TRUTH.items() if name.startswith(("first", "second"))]
    assert len(whole) == 62
    assert sum(whole) == 31


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.alone] if n in LONG else []) for n in TAKEN])
def test_a_script_is_judged_rightly(name: str) -> None:
    diagnosis = examine_safely(str(FOLDER / name))
    assert diagnosis.healthy == (None if name in NOT_COMPARED else TRUTH[name]["right"]), diagnosis


@pytest.mark.slow
def test_of_a_loss_that_the_doctor_does_not_know_the_own_step_says_what_is_wrong() -> None:
    (finding,) = examine_safely(str(FOLDER / "fourth/house_prices_huber.py")).findings
    assert "model.Ws[0], model.Ws[1]" in finding.fault
    assert "Ws[2]" not in finding.fault
    assert "against the slope of huber" in finding.evidence
