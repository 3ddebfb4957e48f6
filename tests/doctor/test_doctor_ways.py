"""Networks that are no functions of their parameters: right ones raise no alarm, and each known fault is found."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from doctor.faults import FAULTS, Fault
from doctor.networks import Style, random_style, write
from doctor.ways import WAYS
from pellucid.analysis.doctor.doctor import doctor_file

ENOUGH = 0.9  # of the networks in which a fault must be found
OF_TRAINING = ("tuple in the wrong order", "never arrives", "not scaled", "out of step")  # not of these texts


def styles(start: int, count: int) -> list[Style]:
    made = (random_style(np.random.default_rng(seed)) for seed in range(start, start + count))
    return [replace(style, box="tuple", train=False) for style in made]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("style", styles(0, 25), ids=str)
def test_a_right_network_written_in_another_way_raises_no_alarm(way: str, style: Style, tmp_path: Path) -> None:
    path = tmp_path / "network.py"
    path.write_text(WAYS[way](style, write(style)))
    diagnosis = doctor_file(str(path))
    assert diagnosis.healthy, f"{diagnosis}\n{path.read_text()}"


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_in_each_way_of_writing(way: str, fault: Fault, tmp_path: Path) -> None:
    if any(part in fault.name or part in fault.say for part in OF_TRAINING):
        pytest.skip("a fault of the training function")
    path, missed, count = tmp_path / "network.py", [], 0
    for style in styles(7000, 2000):
        text = fault.change(style, write(style))
        if text is None:
            continue
        path.write_text(WAYS[way](style, text))
        findings = doctor_file(str(path)).findings
        said = [f"{f.layer}|{f.quantity}|{f.fault}" for f in findings]
        missed += [] if any(re.search(fault.say, line) for line in said) else [f"{style} {said}"]
        count += 1
        if count == 5:
            break
    assert len(missed) <= (1 - ENOUGH) * count, missed
