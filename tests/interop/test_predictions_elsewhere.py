"""Predictions in polars, Dask and Ray Data are those of the model; each worker loads it once. See docs/scale.md."""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars
import pytest

import pellucid as pl
from pellucid import tables


@functools.cache
def model(path: str) -> Any:
    """The model of a path, loaded once in each process."""
    return pl.load_model(path)


def predicted(rows: pd.DataFrame, path: str) -> pd.DataFrame:
    """Rows with a column more."""
    return rows.assign(prediction=tables.predict(model(path), rows))


class Predict:
    """A worker of Ray: it loads the model when it begins."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.model = pl.load_model(path)

    def __call__(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(prediction=tables.predict(self.model, rows))


@pytest.fixture
def parts(tmp_path: Path) -> tuple[str, str, list[str]]:
    """A folder of parts, a model of them, and what it says of each row."""
    rng = np.random.default_rng(0)
    a, city = rng.normal(size=600), rng.choice(["Bonn", "Ulm"], 600)
    frame = polars.DataFrame({"a": a, "city": city, "y": np.where(a > 0, city, "none")})
    (tmp_path / "parts").mkdir()
    for k in range(3):
        frame[200 * k : 200 * k + 200].write_parquet(tmp_path / "parts" / f"{k}.parquet")
    fitted = tables.fit(frame, "y", epochs=3)
    path = str(tmp_path / "model.safetensors")
    pl.save_model(fitted, path)
    return str(tmp_path / "parts"), path, tables.predict(fitted, frame).tolist()


def test_polars_predicts_a_lazy_table(parts: tuple[str, str, list[str]]) -> None:
    folder, path, expected = parts

    def predict(rows: polars.DataFrame) -> polars.DataFrame:
        return rows.with_columns(prediction=polars.Series(tables.predict(model(path), rows).tolist()))

    lazy = polars.scan_parquet(f"{folder}/*.parquet")
    schema = {**lazy.collect_schema(), "prediction": polars.String()}
    found = lazy.map_batches(predict, schema=schema).collect()
    assert found["prediction"].to_list() == expected


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning", "ignore::ResourceWarning"
)
def test_dask_predicts_partition_by_partition(parts: tuple[str, str, list[str]]) -> None:
    from dask import dataframe
    from distributed import Client

    folder, path, expected = parts
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None):
        table = dataframe.read_parquet(folder)
        found = table.map_partitions(predicted, path, meta={**table.dtypes, "prediction": object}).compute()
    assert found["prediction"].tolist() == expected


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning", "ignore::ResourceWarning"
)
def test_ray_predicts_batch_by_batch(parts: tuple[str, str, list[str]]) -> None:
    import ray

    folder, path, expected = parts
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        data = ray.data.read_parquet(folder).map_batches(
            Predict, fn_constructor_args=(path,), batch_format="pandas", concurrency=1
        )
        found = data.sort("a").to_pandas()
    finally:
        ray.shutdown()
    whole = polars.read_parquet(f"{folder}/*.parquet").with_columns(prediction=polars.Series(expected)).sort("a")
    assert found["prediction"].tolist() == whole["prediction"].to_list()
