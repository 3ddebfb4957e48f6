"""A table that several test files learn from, and a command's JSON."""

import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from pellucid.cli import main

ROWS = 300


def houses() -> pl.DataFrame:
    """Houses whose price follows from size, city and age, and whose garden goes with the size."""
    rng = np.random.default_rng(0)
    size, city = rng.uniform(40, 200, ROWS).round(1), rng.choice(["Bonn", "Köln", "Ulm"], ROWS)
    built = np.datetime64("1950-01-01") + rng.integers(0, 25_000, ROWS)
    year = built.astype("datetime64[Y]").astype(int)
    price = 3000 * size + 50_000 * (city == "Köln") + 500 * year + rng.normal(0, 5000, ROWS)
    return pl.DataFrame(
        {
            "size": [None if k % 17 == 0 else value for k, value in enumerate(size.tolist())],
            "city": [None if k % 29 == 0 else value for k, value in enumerate(city.tolist())],
            "zip": [f"0{10 + k % 4}" for k in range(ROWS)],
            "built": built,
            "garage": rng.random(ROWS) < 0.5,
            "garden": np.where(size > 110, "yes", "no"),
            "price": price.round(),
        }
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result
