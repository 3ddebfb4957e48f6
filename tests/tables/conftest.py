"""Two runs on one table."""

from pathlib import Path

import pytest

from pellucid.cli import main
from tables.houses import houses


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table, houses.csv, and two runs on it: `values` for the price, `classes` for the garden."""
    folder = tmp_path_factory.mktemp("houses")
    houses().write_csv(folder / "houses.csv", null_value="NA")
    for name, flags in (
        ("values", ["--target", "price"]),
        ("classes", ["--target", "garden", "--column", "price=out"]),
    ):
        flags += ["--epochs", "60", "--test", "60", "--out", str(folder / name), "--quiet"]
        assert main(["train", str(folder / "houses.csv"), *flags]) == 0
    return folder
