"""What the doctor says of a network."""

from dataclasses import dataclass

from pellucid.analysis.finding import Finding

IN_STEP = "labels in step"  # what is said of data that are compared


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found, and how far it came.

    Attributes:
        findings: one for each cause; none where nothing is wrong.
        compared: what was compared and is in order.
        not_compared: what was not, each with the reason and a remedy.
        notes: what else there is to know.
        healthy: False where there are findings; True where every gradient was compared and nothing is wrong; None
            where a gradient could not be compared, so that nobody knows.

    >>> print(Diagnosis([], compared=["W1", "b1"], not_compared=[], notes=[], healthy=True).healthy)
    True
    """

    findings: list[Finding]
    compared: list[str]
    not_compared: list[str]
    notes: list[str]
    healthy: bool | None

    def __str__(self) -> str:
        lines = []
        for number, finding in enumerate(self.findings, start=1):
            place = "" if finding.layer is None else f"layer {finding.layer}: "
            lines += [f"{number}. {place}{finding.fault}", f"   {finding.evidence}", f"   remedy: {finding.remedy}"]
        if self.healthy:
            lines.append("healthy: " + "; ".join(self.compared))
        lines += [f"not compared: {line}" for line in self.not_compared]
        return "\n".join(lines)
