"""Files to arrays: MNIST, digit CSVs, `.npz`, `.npy`, Parquet, IDX, pictures; and tables to columns.

The first room on the data's way.
"""

from pellucid.datasets.containers import Dataset, Samples, Stream, Table, Understood, WeightedSamples
from pellucid.datasets.formats.detect import kind_of
from pellucid.datasets.formats.image_folders import read_folder
from pellucid.datasets.formats.images import read_images
from pellucid.datasets.frames.api import Column, Frame, as_frame, read_frame
from pellucid.datasets.frames.coerce import texts_of
from pellucid.datasets.frames.load_table import TableOptions, inputs_of, load_table, samples_like, unknown_levels
from pellucid.datasets.labels import encode_labels
from pellucid.datasets.load import load, read, read_rows
from pellucid.datasets.mnist import mnist, mnist_files
from pellucid.datasets.splits import split

__all__ = [
    "Column",
    "Dataset",
    "Frame",
    "Samples",
    "Stream",
    "Table",
    "TableOptions",
    "Understood",
    "WeightedSamples",
    "as_frame",
    "encode_labels",
    "inputs_of",
    "kind_of",
    "load",
    "load_table",
    "mnist",
    "mnist_files",
    "read",
    "read_folder",
    "read_frame",
    "read_images",
    "read_rows",
    "samples_like",
    "split",
    "texts_of",
    "unknown_levels",
]
