"""The doctor's patients get the diagnosis that they should get, and the page that lists them says so."""

import json
from functools import cache
from pathlib import Path

import pytest

from doctor import patients
from doctor.patients import PAGE, page_with, table
from support import Command

pytestmark = pytest.mark.slow  # a second or more each


examined = cache(patients.examine)  # each once in a process


def test_every_patient_is_expected_and_every_expectation_has_one() -> None:
    assert sorted(name[:2] for name in patients.names()) == sorted(patients.EXPECTED)


@pytest.mark.slow
@pytest.mark.parametrize("name", patients.names())
def test_all_that_a_patient_has_is_found_and_nothing_else(name: str) -> None:
    assert examined(name).right, [(f.layer, f.quantity, f.fault) for f in examined(name).findings]


@pytest.mark.slow
@pytest.mark.parametrize("name", patients.names())
def test_every_finding_gives_evidence_and_a_remedy(name: str) -> None:
    for finding in examined(name).findings:
        assert any(letter.isdigit() for letter in finding.evidence), finding
        assert finding.remedy


@pytest.mark.slow
def test_the_line_that_is_named_is_the_faulty_one() -> None:
    for start, code in (("03", "Z3 = W3 @ Z2 + b3"), ("04", "np.sum(dZ2) / m"), ("12", "dW1 ="), ("17", "= backward(")):
        (name,) = [name for name in patients.names() if name.startswith(start)]
        lines = (patients.PATIENTS / f"{name}.py").read_text().splitlines()
        line = int(examined(name).findings[0].evidence.split("line ")[1].split(":")[0])
        assert code in lines[line - 1]


@pytest.mark.slow
def test_the_exact_error_of_what_raises_is_given() -> None:
    (name,) = [name for name in patients.names() if name.startswith("01")]
    assert "ValueError: too many values to unpack (expected 4" in examined(name).findings[0].evidence


@pytest.mark.slow
def test_the_page_shows_these_diagnoses() -> None:
    text = PAGE.read_text(encoding="utf8")
    assert page_with(text, table([examined(name) for name in patients.names()])) == text, (
        "run python tests/doctor/patients.py"
    )


def test_the_healthy_example_is_healthy(pellucid: Command) -> None:
    ended = pellucid("doctor", patients.ROOT / "examples" / "my_network.py", "--json")
    result = json.loads(ended.out)
    assert (ended.code, result["healthy"], result["findings"]) == (0, True, [])
    assert len(result["compared"]) == 9
    assert [note.partition(":")[0] for note in result["notes"]] == ["taken"]


def test_text_for_people_tells_place_evidence_and_remedy(pellucid: Command) -> None:
    path = patients.PATIENTS / "04_one_bias_gradient_for_all.py"
    ended = pellucid("doctor", path)
    assert ended.code == 1
    for needle in (
        "1 fault found",
        "1. layer 2, db: db2",
        "→ db2 = dZ2.sum(axis=1, keepdims=True)",
        "compared and in order",
    ):
        assert needle in ended.out
    quiet = pellucid("doctor", path, "--quiet")
    assert len(quiet.out) < len(ended.out)
    assert "→ db2" in quiet.out


def test_json_is_one_object_whatever_the_code_prints(pellucid: Command, tmp_path: Path) -> None:
    text = (
        (patients.ROOT / "examples" / "my_network.py")
        .read_text()
        .replace("    Z1 = W1", '    print("chatter")\n    Z1 = W1')
    )
    (tmp_path / "loud.py").write_text(text)
    ended = pellucid("doctor", tmp_path / "loud.py", "--json")
    assert json.loads(ended.out)["healthy"]
    assert ended.err == ""
    assert "chatter" in pellucid("doctor", tmp_path / "loud.py", "--verbose").err
