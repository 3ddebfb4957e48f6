"""A global count of samples, such as m, by which gradients are divided: it must be that of the training samples."""

import ast
import re

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.made_up_data import ROWS
from pellucid.analysis.doctor.naming import meaning
from pellucid.analysis.doctor.user_file import UserFile, bound, used


def examine_sample_count(exam: Examination) -> None:
    """Compare global counts of samples with the training samples; from here on they are the batch's."""
    file = exam.functions.file
    if file is None:
        return
    nodes = file.definitions.values()
    set_inside = {name for node in nodes for name in bound(node) | {a.arg for a in node.args.args}}
    for name in sorted({name for node in nodes for name in used(node)} - set_inside):
        m = file.namespace.get(name)
        made_up = bool(file.stand_ins.data) and isinstance(m, int) and m == ROWS
        if meaning(name) != "samples" and not made_up:
            continue
        fault = evidence = None
        count = None if exam.user_data is None else len(exam.user_data[0])
        m = None if made_up else m
        if m is None and (left_out := _rows_left_out(file, name)):
            rows, source = left_out
            fault = f"{name} counts samples that are not trained on, the first {rows} rows of {source}: the wrong m"
            evidence = f"{name} counts all rows of {source}"
        elif isinstance(m, int) and count is not None and m != count:
            wrong = f"{m - count:,} samples that are not trained on" if m > count else "only some of the samples"
            fault = f"{name} counts {wrong}: 1/{name} is the wrong 1/m"
            right = f"every gradient is {count / m:.4g} times the right one"
            evidence = f"{name} = {m:,}, but training gets {count:,} samples: {right}"
        if fault is not None:
            remedy = f"{name} = {exam.layout.count_code}, of the X that backward is given"
            exam.add("dW", fault, f"{file.at_line(name)}{evidence}", remedy)
        file.namespace[name] = exam.m


def _rows_left_out(file: UserFile, name: str) -> tuple[str, str] | None:
    """How many rows of which array a count includes that training leaves out, where only the text can tell."""
    text = ast.unparse(file.tree)
    source = re.search(rf"^\s*{name}\b[^=\n]*= (?:len\()?(\w+)(?:\.shape|\)$)", text, re.MULTILINE)
    part = source and re.search(rf"= {source[1]}\[([1-9]\d*):", text)
    return (part[1], source[1]) if source and part else None
