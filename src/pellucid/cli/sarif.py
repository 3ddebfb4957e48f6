"""Findings in SARIF 2.1.0, which editors and code hosts show beside the lines."""

import re
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import pellucid
from pellucid.analysis.doctor.diagnosis import Diagnosis

LINE = re.compile(r"(?<!, )\bline (\d+)\b")  # not that in a notebook's cell
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
NOT_COMPARED = "not-compared"


def sarif(file: str, diagnosis: Diagnosis) -> dict[str, Any]:
    """A diagnosis as one SARIF log: findings are errors, what could not be compared is a note."""
    results = [
        _result(
            file, f"wrong-{finding.quantity}", "error", f"{finding.fault}. {finding.evidence}. Remedy: {finding.remedy}"
        )
        for finding in diagnosis.findings
    ]
    results += [_result(file, NOT_COMPARED, "note", text) for text in diagnosis.not_compared]
    rules = [
        {"id": rule, "shortDescription": {"text": _about(rule)}}
        for rule in dict.fromkeys(result["ruleId"] for result in results)
    ]
    driver = {"name": "pellucid doctor", "version": pellucid.__version__, "rules": rules}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _about(rule: str) -> str:
    if rule == NOT_COMPARED:
        return "A part of the network could not be compared"
    return f"A fault in {rule.removeprefix('wrong-')}"


def _result(file: str, rule: str, level: str, text: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    line = LINE.search(text)
    if line is not None:
        place["region"] = {"startLine": int(line[1])}
    return {"ruleId": rule, "level": level, "message": {"text": text}, "locations": [{"physicalLocation": place}]}


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
