"""Files to arrays: MNIST, digit CSVs, `.npz`, `.npy`, Parquet, IDX, pictures; and tables to columns.

The first room on the data's way.

>>> digits = mnist_files("test")
>>> digits.X.shape, digits.y[:4].tolist()
((10000, 784), [7, 2, 1, 0])
"""

from pellucid.datasets.cells import read_cells
from pellucid.datasets.containers import Dataset, RawArrays, Samples, Stream, Understood, WeightedSamples
from pellucid.datasets.formats.image_folders import read_folder
from pellucid.datasets.formats.images import read_images
from pellucid.datasets.frames.column import Column
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.from_dataframe import as_frame
from pellucid.datasets.frames.load_table import (
    inputs_of,
    load_table,
    samples_like,
    target_rows,
    targets_like,
    unknown_levels,
)
from pellucid.datasets.labels import encode_labels
from pellucid.datasets.load import kind_of, large_table, load, load_with, read, read_frame, read_rows, table_in_parts
from pellucid.datasets.mnist import mnist, mnist_files
from pellucid.datasets.options import LoadOptions
from pellucid.datasets.splits import split
from pellucid.datasets.streaming.planned import PlannedRows, no_rows, rows_like, some_rows
from pellucid.datasets.streaming.table_parts import Parts, find_parts
from pellucid.datasets.streaming.table_stream import TableStream

__all__ = [
    "Column", "Dataset", "Frame", "LoadOptions", "Parts", "PlannedRows", "RawArrays", "Samples", "Stream",
    "TableStream", "Understood", "WeightedSamples", "as_frame", "encode_labels", "find_parts", "inputs_of", "kind_of",
    "large_table", "load", "load_table", "load_with", "mnist", "mnist_files", "no_rows", "read", "read_cells",
    "read_folder", "read_frame", "read_images", "read_rows", "rows_like", "samples_like", "some_rows", "split",
    "table_in_parts", "target_rows", "targets_like", "unknown_levels",
]  # fmt: skip
