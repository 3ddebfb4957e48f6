"""Predictions for a table in parts, or one larger than memory: a file for each part, whole or not at all."""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from pellucid import datasets, tables
from pellucid._files.reading import read_file
from pellucid._files.values import to_json
from pellucid._files.writing import TEMPORARY, sweep, write_whole, writing
from pellucid._text import counted, csv_line
from pellucid.cli.answers import columns, named
from pellucid.cli.printing import Out, progress
from pellucid.core import metrics
from pellucid.core.errors import InputError
from pellucid.datasets import Column, Frame, Parts
from pellucid.model.model import Model, check_answers
from pellucid.runs.mpi import started_as

ABOUT = "predictions.json"


def to_predict_in_parts(model: Model, data: str, out: Path | None) -> Parts | None:
    """The table to predict part by part: one larger than memory, or in parts with a folder to write to; else None."""
    if model.preprocessing is None or data == "-":
        return None
    large = datasets.large_table(data, model.preprocessing.names)
    if large is not None and (out is None or out.suffix):
        raise InputError(
            f"{data}: is larger than memory: name a folder to write the predictions to, such as --out answers"
        )
    if large is None and out is not None and not out.suffix:
        large = datasets.table_in_parts(data, model.preprocessing.names)
    return large


def predict_in_parts(
    model: Model, parts: Parts, out: Path, *, limit: int | None, with_columns: bool, force: bool, quiet: bool
) -> dict[str, Any]:
    """Write a file of predictions for each part of a table, but for those that are there; returns what was written.

    Under mpiexec each process takes its share of the parts, and tells of these.
    """
    rank, size = started_as() or (0, 1)
    if force and size != 1:
        raise InputError(f"--force: not under mpiexec, where one would remove what another has written; remove {out}")
    done, skipped, rows, left = list[str](), list[str](), 0, limit
    _claim(out, model, parts, limit, with_columns=with_columns, force=force)
    with _given_back(out, alone=size == 1), progress("parts", len(parts.files), quiet=quiet or rank > 0) as advance:
        for number, name in enumerate(_names(parts)):
            place, one = out / name, _one(parts, number)
            if number % (size or 1) == rank and (left is None or left > 0):
                if place.exists():
                    skipped.append(name)
                elif written := _predict_part(model, one, place, left, with_columns=with_columns):
                    rows += written
                    done.append(name)
            left = None if left is None else left - _count(one, left)
            advance(number + 1)
    if not quiet:
        before = f"; {counted(len(skipped), 'part')} that were there already are left as they are" if skipped else ""
        who = "" if size == 1 else f"rank {rank}: "
        Out().line(f"{who}{rows:,} predictions in {counted(len(done), 'part')} in {out}{before}")
    return {"out": str(out), "parts": done, "skipped": skipped, "rows": rows}


@contextmanager
def _given_back(out: Path, *, alone: bool) -> Iterator[None]:
    """Leave no folder behind where an error comes before the first part is written."""
    try:
        yield
    except InputError:
        if alone and not any(inside.is_file() and inside.name != ABOUT for inside in out.rglob("*")):
            (out / ABOUT).unlink(missing_ok=True)
            with suppress(OSError):  # it holds folders, or somebody's place
                out.rmdir()
        raise


def _one(parts: Parts, number: int) -> Parts:
    """A part as a table of its own."""
    return Parts(parts.name, [parts.files[number]], [parts.paths[number]], [parts.keys[number]])


def _count(part: Parts, most: int) -> int:
    """How many rows a part has, counted up to ``most``."""
    rows = 0
    for place, _ in part.read() if most > 0 else ():
        rows += place.rows
        if rows >= most:
            break
    return min(rows, max(most, 0))


def _claim(out: Path, model: Model, parts: Parts, limit: int | None, *, with_columns: bool, force: bool) -> None:
    """Make the folder, or see that it holds the predictions of this model for this table.

    Raises:
        InputError: it holds something else.
    """
    theta = zlib.crc32(np.ascontiguousarray(model.network.theta).data)
    about = {
        "model": theta,
        "table": [str(Path(path).absolute()) for path in parts.paths],
        "limit": limit,
        "with_columns": with_columns,
    }
    text = (to_json(about) + "\n").encode()
    if out.is_dir():
        sweep(out)
        known = read_file(out / ABOUT) if (out / ABOUT).is_file() else None
        if known == text:
            return
        if known is not None and force:
            for name in {*_names(parts), ABOUT}:
                (out / name).unlink(missing_ok=True)
        elif known is not None or any(not TEMPORARY.fullmatch(inside.name) for inside in out.iterdir()):
            what = "predictions of another model, table or limit" if known is not None else "something already"
            remedy = "name another folder" + (", or replace them with --force" if known is not None else "")
            raise InputError(f"--out {out}: holds {what}; {remedy}")
    elif out.exists():
        raise InputError(f"--out {out}: is a file; name a folder")
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / ABOUT, text, durable=False)


def _names(parts: Parts) -> list[str]:
    """The name of the file for each part: as the part lies below the folder that all have in common."""
    paths = [Path(path).absolute() for path in parts.paths]
    common = os.path.commonpath([path.parent for path in paths])
    inside = [str(path.relative_to(common)) for path in paths]
    return [
        name if name.endswith(".parquet") else name.removesuffix(".gz").rpartition(".")[0] + ".csv" for name in inside
    ]


def _predict_part(model: Model, part: Parts, place: Path, limit: int | None, *, with_columns: bool) -> int:
    """Write the predictions for a part, and return for how many rows; for none no file is written."""
    blocks = _first_rows(part, limit)
    first = next(blocks, None)
    if first is None:
        return 0
    place.parent.mkdir(parents=True, exist_ok=True)
    rows = 0
    with writing(place, durable=False) as stream:
        table = _Table(stream, is_parquet=place.suffix == ".parquet")
        for start, frame in chain([first], blocks):
            table.write(_columns(model, frame, start, with_columns=with_columns))
            rows += frame.rows
        table.close()
    return rows


def _first_rows(parts: Parts, limit: int | None) -> Iterator[tuple[int, Frame]]:
    left = limit
    for place, frame in parts.read():
        if left is not None:
            if left <= 0:
                return
            frame = frame.take(np.arange(frame.rows)[:left])
            left -= frame.rows
        yield place.first, frame


def _columns(model: Model, frame: Frame, first: int, *, with_columns: bool) -> dict[str, Any]:
    """The columns to write for a block of rows, which count from 0 in their part."""
    outputs = check_answers(
        model.in_units().predict(datasets.inputs_of(frame, tables.plan_of(model), model.network.dtype)), frame.place
    )
    found: dict[str, Any] = {"row": np.arange(first, first + frame.rows)}
    if model.network.loss.kind == "values":
        found |= dict(zip(named(model, "prediction", "values"), outputs.T, strict=True))
    else:
        names = np.array(model.class_names, object)
        shares = metrics.probabilities(outputs)
        found |= {"prediction": names[metrics.labels(outputs)]} | dict(zip(columns(model)[1:], shares.T, strict=True))
    own = {name: _held(column) for name, column in frame.stored.items()} if with_columns else {}
    return {**{name: held for name, held in own.items() if held is not None and name not in found}, **found}


def _held(column: Any) -> Any:
    """The values of a column as they are stored; None of one that has none."""
    import polars as pl

    if not isinstance(column, Column) or column.values is None:
        return None if isinstance(column, Column) else column
    if column.kind == "text":
        return column.values
    values = pl.Series(column.values).fill_nan(None)
    if column.kind == "date":
        return (values * 1e6).round().cast(pl.Int64).cast(pl.Datetime("us"))
    kind = pl.Boolean if column.kind == "boolean" else pl.Int64 if column.whole else pl.Float64
    return values.cast(kind)


class _Table:
    """A table that is written block by block: CSV or Parquet."""

    def __init__(self, stream: BinaryIO, *, is_parquet: bool) -> None:
        self.stream, self.is_parquet = stream, is_parquet
        self._parquet: Any = None
        self._has_head = False

    def write(self, columns: dict[str, Any]) -> None:
        """Write a block: arrays (n,) by the names of their columns."""
        import polars as pl

        frame = pl.DataFrame({name: pl.Series(name, _plain(values)) for name, values in columns.items()})
        if self.is_parquet:
            import pyarrow.parquet as pq

            table = frame.to_arrow()
            self._parquet = self._parquet or pq.ParquetWriter(self.stream, table.schema)
            self._parquet.write_table(table)
            return
        if not self._has_head:
            self.stream.write(csv_line(frame.columns).encode(errors="backslashreplace"))
            self._has_head = True
        for row in frame.iter_rows():
            self.stream.write(
                csv_line(["" if cell is None else cell for cell in row]).encode(errors="backslashreplace")
            )

    def close(self) -> None:
        """Write the end of the file."""
        if self._parquet is not None:
            self._parquet.close()


def _plain(values: Any) -> Any:
    """Values as polars takes them: texts from objects, gaps as nothing."""
    import polars as pl

    if not isinstance(values, np.ndarray):
        return values
    if values.dtype == object:
        return pl.Series(values.tolist(), dtype=pl.String)
    return pl.Series(values).fill_nan(None) if values.dtype.kind == "f" else values
