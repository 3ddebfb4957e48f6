"""ONNX Runtime as the judge of what was imported: whatever comes in says the same numbers."""

from typing import Any

import numpy as np
import onnxruntime

from pellucid import Model
from pellucid.interop.export.onnx_builder import input_names
from pellucid.model.columns import Category, Date

KINDS = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
         "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(uint8)": np.uint8, "tensor(bool)": np.bool_,
         "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(uint16)": np.uint16,
         "tensor(uint32)": np.uint32, "tensor(uint64)": np.uint64}  # fmt: skip


def session_of(content: bytes) -> Any:
    """A session, or None where ONNX Runtime does not take the file."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(content, options)
    except Exception:
        return None


def rows_of(model: Model, session: Any, rows: int = 9) -> tuple[dict[str, Any], Any]:
    """What ONNX Runtime is given, and the inputs X that the model makes of the same."""
    rng, plan = np.random.default_rng(0), model.preprocessing
    if plan is None:
        (given,) = session.get_inputs()
        rows = given.shape[0] if given.shape and isinstance(given.shape[0], int) else rows
        X: Any = (rng.normal(size=(rows, model.network.sizes[0])) * 3).astype(KINDS[given.type])
        shape = [rows, *[size for size in given.shape[1:] if isinstance(size, int)]]
        return {given.name: X.reshape(shape if np.prod(shape) == X.size else X.shape)}, X
    columns: dict[str, Any] = {}
    for column in plan.columns:
        if isinstance(column, Category):
            columns[column.name] = rng.choice(np.array([*column.levels, "unknown", None], object), rows)
            continue
        values = rng.normal(column.mean, 3 * column.scale, rows) * (86400 if isinstance(column, Date) else 1)
        columns[column.name] = np.where(rng.random(rows) < 0.2, np.nan, values)
    names = input_names(column.name for column in plan.columns)
    feeds = {
        name: np.array([["" if one is None else one] for one in columns[column.name]], object)
        if isinstance(column, Category)
        else columns[column.name][:, np.newaxis]
        for name, column in zip(names, plan.columns, strict=True)
    }
    return feeds, plan.transform(columns, model.network.dtype)


def numbers_of(outputs: list[Any], rows: int) -> Any:
    """The probabilities or values (n, k) among what ONNX Runtime says, labels aside."""
    for output in outputs:
        if isinstance(output, list):
            return np.array([list(row.values()) for row in output])
    floats = [output for output in outputs if np.asarray(output).dtype.kind == "f"]
    return np.asarray(floats[-1]).reshape(rows, -1)


def difference(content: bytes, model: Model, *, scores: bool = False) -> float | None:
    """How far ONNX Runtime is from a model, relative to its largest number; None where it cannot say.

    With ``scores`` the graph tells the scores of the classes, and the model their probabilities.
    """
    session = session_of(content)
    if session is None or any(each.type not in {*KINDS, "tensor(string)"} for each in session.get_inputs()):
        return None
    feeds, X = rows_of(model, session)
    try:
        theirs = numbers_of(session.run(None, feeds), len(X)).astype(np.float64)
    except Exception:
        return None
    ours = model.in_units().predict(X).astype(np.float64)
    if theirs.shape[1] == 2 * ours.shape[1] == 2:
        ours = np.hstack([1 - ours, ours])
    assert theirs.shape == ours.shape
    there = np.isfinite(theirs) & np.isfinite(ours)
    size = np.maximum(np.abs(ours[there]), 1)
    return float((np.abs(theirs[there] - ours[there]) / size).max(initial=0.0))
