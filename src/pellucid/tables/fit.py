"""A table in memory to a trained model: what ``pellucid train data.csv --target price`` does, without a folder."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pellucid import datasets
from pellucid.datasets import TableOptions
from pellucid.errors import InputError
from pellucid.runs.prepare import Prepared, prepare
from pellucid.runs.settings import from_flags
from pellucid.schedules import SCHEDULES
from pellucid.storage import Model
from pellucid.training import Epoch, train

NOT_HERE = {"data", "start_from", "threads"}


def fit(
    data: Any,
    target: str | Iterable[str] | None = None,
    *,
    on_epoch: Callable[[Epoch], None] | None = None,
    **settings: Any,
) -> Model:
    """Train a network on a table.

    Args:
        data: a data frame of pandas, polars, PyArrow or whatever narwhals knows, a dict of columns, or the path of a
            ``.csv``, ``.tsv`` or ``.parquet`` file.
        target: the column to predict; of several, whose values are numbers, a list.
        on_epoch: called after each epoch.
        settings: the flags of ``pellucid train`` by their names in Python: ``task``, ``dev``, ``seed``, ``hidden``,
            ``epochs``, ``patience``, ``weights``, ``class_weights``, …; ``columns={"zip": "category"}`` says what
            columns are. Without ``dev``, rows are held back only where they are watched:
            with ``patience`` or ``on_epoch``.

    Returns:
        The model: the network, its preprocessing, class names. ``pellucid.save_model`` writes it to a file.

    Raises:
        InputError: a table, a target or a setting that cannot be.
        DivergenceError: the loss is no number any more.

    >>> import numpy as np
    >>> size = np.linspace(20.0, 200.0, 90)
    >>> model = fit({"size": size, "price": 3 * size}, "price", epochs=20)
    >>> model.preprocessing.inputs
    ('size',)
    """
    wrong = NOT_HERE & set(settings)
    if wrong:
        raise InputError(f"fit({wrong.pop()}=…): is a setting of pellucid train only; leave it out")
    if target is not None and not isinstance(target, str):
        target = ",".join(map(str, target)) if isinstance(target, Iterable) else str(target)
    columns = settings.pop("columns", {})
    asked = tuple(f"{name}={kind}" for name, kind in columns.items()) if isinstance(columns, dict) else tuple(columns)
    try:
        flags = from_flags({**settings, "target": target, "columns": asked}, "table")
    except TypeError as error:
        raise InputError(
            f"fit: {str(error).rpartition('__init__() ')[2]}; settings are named as the flags are"
        ) from None
    if flags.dev is None and flags.patience is None and on_epoch is None:
        flags = replace(flags, dev=0)  # nobody looks at it: all rows are there to learn from
    frame = datasets.read_frame(data) if isinstance(data, str | Path) else datasets.as_frame(data)
    dataset = datasets.load_table(
        frame,
        target=flags.target,
        task=flags.task,
        dev=flags.dev,
        test=flags.test,
        seed=flags.seed,
        options=TableOptions(flags.columns, flags.weights, flags.class_weights, flags.counts),
        dtype=flags.dtype,
    )
    prepared = prepare(flags, dataset)
    _train(prepared, on_epoch)
    about = {name: value for name, value in prepared.model.data.items() if name != "source"}  # it is in memory alone
    return replace(prepared.model, data=about)


def _train(prepared: Prepared, on_epoch: Callable[[Epoch], None] | None) -> None:
    """Train the prepared network; with patience, leave it with the θ of its least dev loss."""
    settings, net = prepared.settings, prepared.model.network
    patience = settings.patience
    if patience is not None and prepared.dataset.dev is None:
        raise InputError("patience waits for the dev loss, but there are no dev data: leave out dev=0")
    best, best_loss, waited = net.theta.copy(), float("inf"), 0
    for epoch in train(
        net,
        prepared.dataset.train,
        prepared.optimizer,
        epochs=settings.passes,
        batch_size=settings.batch_size,
        rng=prepared.rng,
        dev=prepared.dataset.dev if patience is not None or on_epoch is not None else None,
        schedule=SCHEDULES[settings.schedule],
        dropout=settings.dropout,
        clip_norm=settings.clip_norm,
    ):
        if on_epoch is not None:
            on_epoch(epoch)
        if patience is None or epoch.dev is None:
            continue
        waited += 1
        if epoch.dev.loss < best_loss:
            best[...], best_loss, waited = net.theta, epoch.dev.loss, 0
        if waited >= patience:
            break
    if patience is not None:
        net.theta = best
