"""From a table of columns to data ready to train on: target, split, preprocessing fitted on the training part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pellucid._files.reading import COPIES, check_cost
from pellucid._text import listed
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Dataset, Indices, Samples, Understood, WeightedSamples
from pellucid.datasets.frames.coerce import as_planned, columns_of, values_as
from pellucid.datasets.frames.column import Column
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.infer import check_asked, describe, in_form, scaled, understand
from pellucid.datasets.frames.marks import named_columns
from pellucid.datasets.frames.notes import notes_on
from pellucid.datasets.frames.targets import (
    class_texts,
    encoded,
    rows_with_target,
    target_columns,
    target_names,
    targets_of,
)
from pellucid.datasets.labels import encode_labels, values
from pellucid.datasets.options import LoadOptions
from pellucid.model.columns import Category, Target
from pellucid.model.preprocessing import Preprocessing


def load_table(frame: Frame, options: LoadOptions = LoadOptions()) -> Dataset:  # noqa: B008  (frozen)
    """Understand a table, split it, and turn its columns into inputs X (n, inputs), as the options say.

    Rows without a target are left out. Without a plan in the options, a preprocessing is fitted on the training part
    (imputation, standardisation, one-hot encoding). Values to predict are scaled, as the plan's targets say. Raises
    InputError for whatever is wrong with the table or with the request.
    """
    plan, asked = options.plan, options.asked()
    frame = replace(frame, missing=options.missing) if plan is None else as_planned(frame, plan)
    names = target_names(frame, options.target, plan)
    _check_names(frame, named_columns(frame.missing))
    check_asked(frame, names, options.weights, asked)
    targets, notes = target_columns(frame, names, options.task, asked)
    rows = rows_with_target(frame, targets)
    weights = _weights(frame, options.weights, rows, names)
    classes, y = encoded(frame, targets, rows, options.task, plan)
    parts = options.split(len(rows), None if classes is None else y)
    if plan is None:
        without = {*names, *([options.weights] if options.weights is not None else [])}
        asked = {name: kind for name, kind in asked.items() if name not in without}
        used, left_out = understand(frame, rows[parts[0]], without=without, asked=asked)
        scales = () if classes is not None else _scales(targets, y[parts[0]], options)
        plan = Preprocessing(used, left_out, scales, frame.missing)
    if classes is None:
        refuse_negative(y, names, frame, options)
        y = _scaled(y, frame, plan, rows, options.dtype)
    X = _inputs(frame, plan, rows, options.dtype)
    counts = None if classes is None else np.bincount(y[parts[0]], minlength=len(classes))
    of_class = weights_of_classes(options.class_weights, classes, counts)
    train, dev_part, test_part = (_part(X, y, weights, index) for index in parts)
    if of_class is not None:
        train = WeightedSamples(train.X, train.y, of_class[train.y] * getattr(train, "weights", 1.0))
    return Dataset(
        frame.name,
        train,
        dev_part if len(parts[1]) else None,
        test_part if len(parts[2]) else None,
        classes,
        plan.inputs,
        None,
        preprocessing=plan,
        understood=in_words(plan, names, options.weights, _missing(frame), frame.rows - len(rows), classes),
        notes=(*frame.notes, *notes, *notes_on(frame, plan, rows[parts[0]])),
        rows=tuple(rows[index] for index in parts),
        first_row=frame.first,
    )


def _check_names(frame: Frame, names: Sequence[str]) -> None:
    for name in names:
        if name not in frame.stored:
            raise frame.lacks(name, ", which missing= names")


def inputs_of(frame: Frame, plan: Preprocessing, dtype: npt.DTypeLike = np.float32) -> AnyArray:
    """Return the inputs X (n, inputs) that a plan makes of a table; raises as `columns_of` does."""
    return _inputs(frame, plan, np.arange(frame.rows), dtype)


def _inputs(frame: Frame, plan: Preprocessing, rows: Indices, dtype: npt.DTypeLike) -> AnyArray:
    """Return the inputs X (rows, inputs) of some rows of a table."""
    value = COPIES * np.dtype(dtype).itemsize + 1  # and a byte that says whether it is a number
    check_cost(frame.name, len(rows) * len(plan.inputs) * value, frame.on_disk)
    columns = {name: values[rows] for name, values in columns_of(frame, plan).items()}
    with np.errstate(over="ignore"):
        X = plan.transform(columns, dtype)
    names = [column.name for column in plan.columns for _ in column.inputs]
    _refuse_far(X, frame, rows, names, dtype)
    return X


def _scaled(y: AnyArray, frame: Frame, plan: Preprocessing, rows: Indices, dtype: npt.DTypeLike) -> AnyArray:
    """Return targets y (rows, k) as the network learns them."""
    with np.errstate(over="ignore"):
        scaled = plan.scaled(y).astype(dtype)
    _refuse_far(scaled, frame, rows, [target.name for target in plan.targets], dtype)
    return scaled


def _refuse_far(scaled: AnyArray, frame: Frame, rows: Indices, names: Sequence[str], dtype: npt.DTypeLike) -> None:
    """Raise InputError at the first scaled value (rows, columns) that is too large to be a number."""
    far = np.isinf(scaled)
    if far.any():
        i, k = np.argwhere(far)[0]
        raise InputError(
            f"{frame.place(int(rows[i]))}, column {names[k]}: is too far from the values of the training data to be "
            f"reckoned with in {np.dtype(dtype)}: correct it, or leave the cell empty"
        )


def samples_like(
    frame: Frame,
    plan: Preprocessing,
    *,
    target: str,
    classes: tuple[str, ...] | None,
    weights: str | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> Samples | WeightedSamples:
    """Return the rows of a table that have a target, as a model that was trained takes them; its targets are scaled.

    The column of weights is taken where it is there. Raises InputError for what does not fit the model.
    """
    frame = as_planned(frame, plan)
    found = targets_like(frame, plan, target=target, classes=classes)
    rows = rows_with_target(frame, found)
    answers = targets_of(frame, found, rows)
    y = encode_labels(answers, classes) if classes is not None else _scaled(values(answers), frame, plan, rows, dtype)
    given = weights if weights in frame.stored else None
    return _part(_inputs(frame, plan, rows, dtype), y, _weights(frame, given, rows, list(found)), slice(None))


def target_rows(frame: Frame, plan: Preprocessing, *, target: str, classes: tuple[str, ...] | None) -> Indices:
    """Return which rows of a table have a target that a model can be compared with; raises as ``samples_like`` does."""
    frame = as_planned(frame, plan)
    return rows_with_target(frame, targets_like(frame, plan, target=target, classes=classes))


def targets_like(
    frame: Frame, plan: Preprocessing, *, target: str, classes: tuple[str, ...] | None
) -> dict[str, Column]:
    """Return the targets of a table as a model that was trained knows them: texts of classes, or numbers."""
    missing = [name for name in [t.name for t in plan.targets] or [target] if name not in frame.stored]
    if missing:
        raise frame.lacks(missing[0], " to compare the predictions with", ": add it, or use pellucid predict")
    if classes is not None:
        return {target: Column("text", class_texts(frame, target, classes))}
    return {t.name: Column("number", values_as(frame, t.name, "number", form=t.form)) for t in plan.targets}


def unknown_levels(frame: Frame, plan: Preprocessing) -> dict[str, list[str]]:
    """Return, column by column, the categories of a table that training did not know."""
    found = columns_of(frame, plan)
    unknown = {
        column.name: column.unknown(found[column.name]) for column in plan.columns if isinstance(column, Category)
    }
    return {name: levels for name, levels in unknown.items() if levels}


def refuse_negative(y: AnyArray, names: Sequence[str], frame: Frame, options: LoadOptions) -> None:
    """Raise InputError where values (n, k) that are to be counts are below 0."""
    if options.counts and (y < 0).any():
        row, k = np.argwhere(y < 0)[0]
        raise InputError(
            f"{frame.name}: column {names[k]!r} holds {y[row, k]:g}, but the loss poisson is for counts, and other "
            "values of at least 0: use another loss, such as squared-error"
        )


def _scales(targets: Mapping[str, Column], y: AnyArray, options: LoadOptions) -> tuple[Target, ...]:
    return tuple(
        Target.fitted(name, y[:, k], counts=options.counts, form=column.form if column.kind == "number" else "")
        for k, (name, column) in enumerate(targets.items())
    )


def _weights(frame: Frame, name: str | None, rows: Indices, targets: Sequence[str]) -> AnyArray | None:
    if name is None:
        return None
    weights = check_weights(frame, name, rows, targets)
    if not weights.any():
        raise InputError(f"weights={name!r}: every weight is 0; give some rows a weight")
    return weights


def check_weights(frame: Frame, name: str, rows: Indices, targets: Sequence[str]) -> AnyArray:
    """Return the weights of some rows, from the column called so; raises InputError where one is none."""
    if name not in frame.stored or name in targets:
        raise InputError(
            f"weights={name!r}: {frame.name} has no such column beside the target; it has {listed(frame.names)}"
        )
    weights = values_as(frame, name, "number")[rows]
    bad = ~(weights >= 0)
    if bad.any():
        i = int(np.argmax(bad))
        raise InputError(
            f"{frame.place(int(rows[i]))}, column {name}: {weights[i]:g} is no weight; give numbers of at least 0"
        )
    return weights


def weights_of_classes(text: str | None, classes: tuple[str, ...] | None, counts: AnyArray | None) -> AnyArray | None:
    """Return the weight of each class (k,): n / (k · its samples) for "balanced", or what the text says, else 1.

    ``counts`` (k,) are the training samples of each class. Raises InputError for a text that says nothing.
    """
    if text is None:
        return None
    if classes is None or counts is None:
        raise InputError(f"class_weights={text!r}: is for classes, but there are values to predict; leave it out")
    if text == "balanced":
        return np.asarray(counts.sum() / (len(classes) * np.maximum(counts, 1.0)))
    weights = np.ones(len(classes))
    for part in text.split(","):
        name, _, number = part.rpartition("=")
        try:
            weights[classes.index(name)] = float(number)
        except ValueError:
            raise InputError(
                f"class_weights={part!r}: give balanced, or a class and a number, such as {classes[0]}=2; "
                f"the classes are {listed(classes)}"
            ) from None
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise InputError(f"class_weights={text!r}: give finite numbers of at least 0, not all of them 0")
    return weights


def _part(X: AnyArray, y: AnyArray, weights: AnyArray | None, index: Indices | slice) -> Samples | WeightedSamples:
    if weights is None:
        return Samples(X[index], y[index])
    return WeightedSamples(X[index], y[index], weights[index])


def _missing(frame: Frame) -> dict[str, int]:
    """Return how many values each column lacks, in the table's order."""
    columns = frame.columns.items()
    return {name: 0 if column.values is None else int(np.count_nonzero(column.gaps)) for name, column in columns}


def in_words(
    plan: Preprocessing,
    names: Sequence[str],
    weights: str | None,
    missing: Mapping[str, int],
    dropped: int,
    classes: tuple[str, ...] | None,
) -> tuple[Understood, ...]:
    """Return what was understood of each column, given how many values each lacks, in the table's order.

    ``names`` are the targets, without which so many rows were ``dropped``.
    """
    used = {column.name: column for column in plan.columns}
    left_out = dict(plan.left_out)
    scales = {scale.name: scale for scale in plan.targets}
    told = []
    for name, gone in missing.items():
        if name in names:
            text = f"{len(classes)} classes" if classes is not None else ""
            if not text:
                scale = scales[name]
                text = f"a value, {scaled('y', scale.mean, scale.scale)}{in_form(scale.form)}"
            text += f"; {dropped:,} rows without it are left out" if dropped else ""
            told.append(Understood(name, "target", text, gone))
        elif name == weights:
            told.append(Understood(name, "weight", "how much a row counts", gone))
        elif name in used:
            told.append(describe(used[name], gone))
        else:
            told.append(Understood(name, "left out", left_out.get(name, "the model does not know it"), gone))
    return tuple(told)
