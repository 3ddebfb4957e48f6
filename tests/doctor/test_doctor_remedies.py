"""A remedy never contradicts its finding: the line of code that it gives, put where the finding points, mends it."""

import re
from pathlib import Path

import numpy as np
import pytest

from doctor.faults import FAULTS, Fault
from doctor.networks import TRIED, odd_style, random_style, write
from pellucid.analysis.doctor.doctor import doctor_file
from pellucid.analysis.finding import Finding

MOST = 12  # lines that are mended one after the other


def mended(text: str, finding: Finding) -> str | None:
    """The text with the remedy in place of the accused line; None where it is no line of code for that line."""
    place, remedy = re.search(r"line (\d+): ", finding.evidence), re.fullmatch(r"(\w+) = [^…]*", finding.remedy)
    if place is None or remedy is None:
        return None
    lines = text.split("\n")
    accused = re.match(r"( +)(\w+) = ", lines[int(place[1]) - 1])
    if accused is None or accused[2] != remedy[1]:
        return None
    lines[int(place[1]) - 1] = accused[1] + finding.remedy
    return "\n".join(lines)


def mended_to_the_end(text: str, folder: Path) -> tuple[int, list[Finding]]:
    """How many remedies were applied, one after the other, and what is found where none can be applied any more."""
    path = folder / "network.py"
    for count in range(MOST):
        path.write_text(text)
        findings = doctor_file(str(path)).findings
        better = next((t for finding in findings if (t := mended(text, finding)) is not None), None)
        if better is None:
            return count, findings
        assert better != text, findings
        text = better
    return MOST, findings


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_remedy_in_code_mends_what_it_names(fault: Fault, tmp_path: Path) -> None:
    tries = 0
    for seed in range(20000, 21000):
        rng = np.random.default_rng(seed)
        style = random_style(rng) if seed % 2 else odd_style(rng)
        text = fault.change(style, write(style))
        if text is None:
            continue
        count, left = mended_to_the_end(text, tmp_path)
        assert not (count and left), f"{style}\n{left}"
        tries += 1
        if tries == TRIED:
            break
