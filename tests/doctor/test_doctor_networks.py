"""No false alarm on right networks of any style; each known fault is found in networks of any style."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from doctor.faults import FAULTS, Fault
from doctor.networks import FULL, TRIED, Style, odd_style, random_style, write
from pellucid.analysis.doctor.diagnosis import Diagnosis
from pellucid.analysis.doctor.doctor import doctor_file

RIGHT = 200 if FULL else 24  # right networks, in which nothing may be found; and half as many odd ones
ALLOWED = TRIED // 10  # of them, in which it may be missed
UNKNOWN = "bell"  # the activation that the doctor does not know
NEED_ODD = ("dropout's mask left out", "L2's gradient left out", "L2 without 1/m")


def examined(text: str, folder: Path) -> Diagnosis:
    path = folder / "network.py"
    path.write_text(text)
    return doctor_file(str(path))


def styles(start: int, count: int, make: Callable[[np.random.Generator], Style] = random_style) -> list[Style]:
    return [make(np.random.default_rng(seed)) for seed in range(start, start + count)]


def without_alarm(style: Style, folder: Path) -> None:
    diagnosis = examined(write(style), folder)
    assert diagnosis.healthy, f"{style}\n{diagnosis}"
    assert any("every dW and db" in line for line in diagnosis.compared), style
    if style.hidden != UNKNOWN:
        assert any("the forward pass" in line for line in diagnosis.compared), style
    assert any("the update" in line for line in diagnosis.compared), style


def test_the_styles_are_of_every_kind() -> None:
    made = list(styles(0, 100))
    assert {s.samples for s in made} == {"columns", "rows", "rows-T"}
    assert {s.box for s in made} == {"tuple", "dict", "list"}
    assert {s.layers for s in made} == {1, 2, 3, 4}
    assert {s.mean for s in made} == {s.loss for s in made} == {s.labels for s in made} == {True, False}
    assert len({(s.hidden, s.output) for s in made}) == 15


@pytest.mark.slow
@pytest.mark.parametrize("style", styles(0, RIGHT), ids=str)
def test_no_right_network_raises_an_alarm(style: Style, tmp_path: Path) -> None:
    without_alarm(style, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("style", styles(0, RIGHT // 2, odd_style), ids=str)
def test_no_right_network_with_dropout_l2_or_an_unknown_activation_raises_an_alarm(
    style: Style, tmp_path: Path
) -> None:
    without_alarm(style, tmp_path)


def tried(
    fault: Fault, count: int, folder: Path, make: Callable[[np.random.Generator], Style] = random_style
) -> tuple[int, int, list[str]]:
    """How often a fault is found in so many networks, how often it is the only finding, and where it is not found."""
    found, alone, missed, tries = 0, 0, [], 0
    for style in styles(5000, 3000, make):
        text = fault.change(style, write(style))
        if text is None:
            continue
        diagnosis = examined(text, folder)
        assert diagnosis.healthy is not True, style
        if style.hidden == UNKNOWN:  # there, it is enough that it is seen
            continue
        said = [f"{f.layer}|{f.quantity}|{f.fault}" for f in diagnosis.findings]
        hit = any(re.search(fault.say, line) for line in said)
        found, alone = found + hit, alone + (hit and len(said) == 1)
        missed += [] if hit else [f"{style} {said}"]
        tries += 1
        if tries == count:
            break
    return found, alone, missed


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_in_networks_of_any_style(fault: Fault, tmp_path: Path) -> None:
    plain = fault.name not in NEED_ODD
    found, _, missed = tried(fault, TRIED, tmp_path, random_style if plain else odd_style)
    assert found >= TRIED - ALLOWED, missed


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_beside_dropout_l2_and_other_activations(fault: Fault, tmp_path: Path) -> None:
    found, _, missed = tried(fault, (TRIED + 1) // 2, tmp_path, odd_style)
    assert found >= (TRIED + 1) // 2 - ALLOWED, missed
