"""Files to arrays: MNIST, digit CSVs, `.npz`, `.npy`, Parquet, IDX, pictures. The first room on the data's way."""

from pellucid.datasets.images import read_images
from pellucid.datasets.labels import encode_labels
from pellucid.datasets.load import load, read, read_rows
from pellucid.datasets.mnist import mnist, mnist_files
from pellucid.datasets.splits import split
from pellucid.datasets.types import Dataset, Samples, Stream, Table

__all__ = [
    "Dataset",
    "Samples",
    "Stream",
    "Table",
    "encode_labels",
    "load",
    "mnist",
    "mnist_files",
    "read",
    "read_images",
    "read_rows",
    "split",
]
