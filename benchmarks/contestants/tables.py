"""Readers of tables, from a digit CSV to two arrays: X (n, 784) uint8 and y (n,)."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars

from benchmarks.workloads import Workload


class Reading(ABC):
    """What the three have in common."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.path = folder / "train.csv"
        self.repeat()

    def repeat(self) -> None:
        self.X, self.y = self.read()

    @abstractmethod
    def read(self) -> tuple[Any, Any]:
        """The file as two arrays."""

    def result(self) -> dict[str, Any]:
        return {"X": self.X, "y": self.y}


class Pandas(Reading):
    """Its default parser, told that all cells are bytes, which is faster than letting it find out."""

    notes = "read_csv(dtype=uint8)"

    def read(self) -> tuple[Any, Any]:
        frame = pd.read_csv(self.path, dtype=np.uint8)
        return frame.iloc[:, 1:].to_numpy(), frame["label"].to_numpy()


class PandasArrow(Reading):
    """pandas with pyarrow's parser, which uses all cores."""

    notes = 'read_csv(engine="pyarrow", dtype=uint8)'

    def read(self) -> tuple[Any, Any]:
        frame = pd.read_csv(self.path, engine="pyarrow", dtype=np.uint8)
        return frame.iloc[:, 1:].to_numpy(), frame["label"].to_numpy()


class Polars(Reading):
    """polars, told that all cells are bytes; pellucid reads with it too, and checks what it read."""

    notes = "read_csv(schema_overrides: UInt8)"

    def read(self) -> tuple[Any, Any]:
        with self.path.open() as stream:
            names = stream.readline().strip().split(",")
        frame = polars.read_csv(self.path, schema_overrides=dict.fromkeys(names, polars.UInt8))
        return frame[:, 1:].to_numpy(order="c"), frame["label"].to_numpy()
