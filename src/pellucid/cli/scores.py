"""Scores in words: how good a model is, and beside it what a guess that does not look at the inputs would score."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid._text import decimal, percent, shortened, significant
from pellucid.model.model import Model


def in_words(scores: Mapping[str, Any], model: Model) -> str:
    """The scores of a model, as JSON has them, and its baseline where it is known: of one value its RMSE alone.

    >>> from pellucid.core.network import Network
    >>> model = Model(Network([4, 2]), classes=("no", "yes"), guess=(0.3, 0.7))
    >>> in_words({"loss": 0.25, "accuracy": 0.9, "baseline": {"accuracy": 0.68}}, model)
    "accuracy 90.00 %, loss 0.2500; always 'yes': 68.00 %"
    """
    text = f"{_goodness(scores, model)}, loss {decimal(_number(scores['loss']))}"
    baseline = scores.get("baseline")
    if baseline is None:
        return text
    goodness = percent(baseline["accuracy"]) if "accuracy" in baseline else _goodness(baseline, model)
    if "rmse" in baseline and model.network.sizes[-1] == 1:
        goodness = goodness.partition(", ")[2]  # the R² of the mean is about 0, and the line is to fit into 80 columns
    return f"{text}; {guess_of(model)}: {goodness}"


def guess_of(model: Model) -> str:
    """What is guessed where nobody looks at the inputs, in words."""
    if model.network.loss.kind == "values":
        return "always the mean"
    if model.guess is None:
        return "always the commonest class"
    return f"always {shortened(model.class_names[int(np.argmax(model.guess))], 30)!r}"


def _goodness(scores: Mapping[str, Any], model: Model) -> str:
    """Accuracy, or R² and RMSE; of several values an RMSE would mix their units."""
    if "accuracy" in scores:
        return f"accuracy {percent(scores['accuracy'])}"
    text = f"R² {decimal(round(_number(scores['r2']), 4) + 0.0)}"  # −0 is 0
    return f"{text}, RMSE {significant(_number(scores['rmse']))}" if model.network.sizes[-1] == 1 else text


def _number(score: float | None) -> float:
    return math.nan if score is None else score
