"""The patients in examples/patients: what each has, and what the doctor must say of it. The table in docs/doctor.md.

``python tests/doctor/patients.py`` writes the table anew.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from pellucid.analysis.doctor.doctor import doctor_file
from pellucid.analysis.finding import Finding

ROOT = Path(__file__).parent.parent.parent
PATIENTS = ROOT / "examples" / "patients"
PAGE = ROOT / "docs" / "doctor.md"

# for each patient: (layer, quantity, phrase) of every finding, and there must be no others
EXPECTED: dict[str, list[tuple[int | None, str, str]]] = {
    "01": [(None, "init", "returns 6 values and 4 are unpacked")],
    "02": [(3, "dW", "the forward pass has 3 layers, the backward pass 2")],
    "03": [(3, "z", "layer 3 is fed layer 2's pre-activation")],
    "04": [(2, "db", "db2: it is one number, summed over everything")],
    "05": [(None, "dW", "m counts 100 samples that are not trained on")],
    "06": [(2, "a", "softmax overflows")],
    "07": [(2, "delta", "gradient of cross-entropy, but the loss is squared error")],
    "08": [(1, "b1", "train returns b2 in place of b1")],
    "09": [(None, "y", "one_hot loses a class")],
    "10": [(None, "get_accuracy", "is not defined"), (None, "get_preds", "is not defined")],
    "12": [(1, "dW", "dW1: it is m times too large: 1/m is missing")],
    "13": [(2, "dW", "dW2: it is transposed")],
    "14": [(1, "db", "db1: it is summed over the neurons in place of the samples: the wrong axis")],
    "15": [(1, "delta", "the slope of sigmoid is taken at A1 in place of Z1")],
    "16": [(None, "W", "wrong direction")],
    "17": [(1, "dW1", "what backward returns is unpacked in the wrong order")],
    "18": [(2, "delta", "the slope of the output's sigmoid is left out")],
    "19": [(None, "learning_rate", "the learning rate never arrives")],
    "20": [(None, "X", "the inputs are not scaled")],
    "21": [(None, "y", "the labels are out of step")],
    "22": [(1, "W", "the start is too wide")],
}
EXPECTED["11"] = [
    *EXPECTED["10"],
    *EXPECTED["01"],
    (1, "b1", "gradient_descent returns b2 in place of b1"),
    (None, "forward", "forward takes 7 values and is handed 5"),
    (None, "forward", "forward returns 6 values and 4 are unpacked"),
    (None, "dW", "m counts 200 samples"),
    (3, "z", "layer 3 is fed layer 2's pre-activation (A2)"),
    (3, "a", "softmax overflows"),
    *EXPECTED["02"],
    *EXPECTED["04"],
    *EXPECTED["07"],
    *EXPECTED["09"],
    (3, "W", "the update does not return W3, b3"),
]


@dataclass(frozen=True)
class Patient:
    """One file: its complaint, and what was found."""

    name: str
    complaint: str
    findings: list[Finding]

    @property
    def right(self) -> bool:
        """Whether the findings are those that are expected, each once, and no others."""
        left = list(self.findings)
        for layer, quantity, phrase in EXPECTED[self.name[:2]]:
            fits = [f for f in left if (f.layer, f.quantity) == (layer, quantity) and phrase in f.fault]
            if len(fits) != 1:
                return False
            left.remove(fits[0])
        return not left


def names() -> list[str]:
    return sorted(path.stem for path in PATIENTS.glob("*.py"))


def examine(name: str) -> Patient:
    path = PATIENTS / f"{name}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf8"))) or ""
    return Patient(name, text.splitlines()[0], doctor_file(str(path)).findings)


def table(patients: list[Patient]) -> str:
    lines = ["| patient | what it has | diagnosis | |", "|---|---|---|---|"]
    for patient in patients:
        said = "<br>".join(_said(finding) for finding in patient.findings)
        result = "right" if patient.right else "WRONG"
        name = f"[{patient.name}](../examples/patients/{patient.name}.py)"
        lines.append(f"| {name} | {patient.complaint} | {said} | {result} |")
    return "\n".join(lines)


def _said(finding: Finding) -> str:
    line = re.search(r"line (\d+)", finding.evidence)
    return (f"line {line[1]}: " if line else "") + finding.fault.replace("|", "\\|")


def page_with(text: str, fresh: str) -> str:
    """The page with another table in the place of its own."""
    return re.sub(r"\| patient \|.*?(?=\n\n)", lambda _: fresh, text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(
        page_with(PAGE.read_text(encoding="utf8"), table([examine(name) for name in names()])), encoding="utf8"
    )
