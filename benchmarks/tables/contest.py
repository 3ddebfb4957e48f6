"""One table, one seed: pellucid's defaults and scikit-learn's perceptron with the usual preprocessing, in turns."""

import time
import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from benchmarks.tables.data import Task
from pellucid import tables


class Outcome(NamedTuple):
    """What came of one fit: accuracy or R² on the test part, and the seconds of the fit."""

    score: float
    seconds: float


def parts(frame: pd.DataFrame, target: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Four fifths to train on, the rest to test on; rows without a target are left out, classes keep their shares."""
    there = frame[frame[target].notna()].reset_index(drop=True)
    classes = there[target] if is_class(there[target]) else None
    train, test = train_test_split(there, test_size=0.2, random_state=seed, stratify=classes)
    return train.reset_index(drop=True), test.reset_index(drop=True)


def is_class(column: pd.Series) -> bool:
    """Whether a target is a class: text."""
    return not pd.api.types.is_numeric_dtype(column)


def ours(train: pd.DataFrame, test: pd.DataFrame, target: str, seed: int, **settings: Any) -> Outcome:
    """Pellucid with its defaults."""
    task = "classification" if is_class(train[target]) else "regression"
    start = time.perf_counter()
    model = tables.fit(train, target, task=task, seed=seed, **settings)
    seconds = time.perf_counter() - start
    scores = tables.evaluate(model, test)
    return Outcome(float(scores.accuracy if scores.accuracy is not None else scores.r2 or 0.0), seconds)


def theirs(train: pd.DataFrame, test: pd.DataFrame, target: str, seed: int) -> Outcome:
    """scikit-learn's perceptron with its defaults behind the usual preprocessing; the target of a regression scaled."""
    classes = is_class(train[target])
    network = MLPClassifier(random_state=seed) if classes else MLPRegressor(random_state=seed)
    whole = make_pipeline(_preprocessing(), network)
    model = whole if classes else TransformedTargetRegressor(whole, transformer=StandardScaler())
    X, y = train.drop(columns=target), train[target]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        model.fit(X, y)
        seconds = time.perf_counter() - start
        return Outcome(float(model.score(test.drop(columns=target), test[target])), seconds)


def _preprocessing() -> Any:
    """Numbers imputed and scaled, with an indicator of gaps; categories as one-hot; dates as ordinals, scaled."""
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    categories = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    )
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (categories, make_column_selector(dtype_include=["object", "str", "category"])),
        (StandardScaler(), make_column_selector(dtype_include="bool")),
        (make_pipeline(FunctionTransformer(_days), StandardScaler()), make_column_selector(dtype_include="datetime")),
    )


def _days(frame: pd.DataFrame) -> np.ndarray:
    return np.asarray(frame.astype("int64"), np.float64)


def compare(task: Task, seed: int) -> tuple[Outcome, Outcome]:
    """Both on the same rows, the first to go by turns."""
    train, test = parts(task.table(), task.target, seed)
    if seed % 2:
        second = theirs(train, test, task.target, seed)
        return ours(train, test, task.target, seed), second
    first = ours(train, test, task.target, seed)
    return first, theirs(train, test, task.target, seed)
