"""How well the network does on each part of the data, as a table, and how scores, times and rates are written."""

import math
from typing import Any

import numpy as np

from pellucid._text import number, percent, shortened
from pellucid.render.report.html import Cell, Section, paragraph, table, term
from pellucid.render.report.subject import Subject

INTERVAL = term("95 % interval", "where the accuracy on all samples of the same kind may well be")
R2 = term("R²", "the share of the variance that is explained: 1 is all of it, 0 is no better than always the mean")
RMSE = term("RMSE", "the root of the mean squared error")


def guess(about: Subject) -> str:
    """The guess that the score is compared with, in words."""
    if about.model.classes is None:
        return "always the mean"
    known = about.model.guess
    return "always the commonest class" if known is None else f"always “{_class(about, int(np.argmax(known)))}”"


def _class(about: Subject, k: int) -> str:
    return shortened(about.model.class_names[k], 30)


def rounded(r2: float | None) -> str:
    """R² of a mean, which is 0 but for the last digits."""
    return explained(None if r2 is None else round(r2, 4) + 0.0)


def scores(about: Subject) -> Section:
    """The scores of each part as a table."""
    of_classes = "accuracy" in about.result["train"]
    one_value = about.network.sizes[-1] == 1  # of several values an RMSE would mix their units
    heads: list[Cell] = ["accuracy", INTERVAL] if of_classes else [R2, RMSE] if one_value else [R2]
    compared = all("baseline" in found for found in about.result.values() if isinstance(found, dict))
    rows: list[list[Cell]] = []
    for part, samples in about.samples.items():
        found = about.result[part]
        if found is None:
            continue
        if of_classes:
            low, high = interval(found["accuracy"] or 0.0, samples)
            cells = [percent(found["accuracy"]), f"{100 * low:.2f} – {percent(high)}"]
        else:
            cells = [explained(found["r2"]), decimal(found["rmse"])]
        guessed = _guessed(found["baseline"]) if compared else []
        rows.append([part, f"{samples:,}", decimal(found["loss"]), *cells[: len(heads)], *guessed[: len(heads)]])
    if compared:
        heads += [guess(about)] if of_classes else [f"{name}, {guess(about)}" for name in ("R²", "RMSE")[: len(heads)]]
    made = table("The trained network on each part of the data", ["part", f"{about.one}s", "loss", *heads], rows)
    kept, epochs = about.result["best_epoch"], about.result["epochs"]
    if kept != epochs:
        words = f"The model is that of epoch {kept}, which had the least dev loss; training stopped at {epochs}."
        made += paragraph(words)
    if of_classes:
        words = "Of intervals made this way (Wilson's), 95 in 100 hold the accuracy on all samples of the same kind."
    else:
        words = (
            "R² is the share of the variance that is explained: 1 is all of it, 0 is no better than always the mean. "
        )
        if any("RMSE" in str(head) for head in heads):  # of several values it would mix their units
            words += "RMSE is the root of the mean squared error."
    made += paragraph(words, kind="note")
    return Section("scores", "Scores", "Scores", made)


def _guessed(baseline: dict[str, Any]) -> list[str]:
    """What a guess scores, in the columns of the scores."""
    if "accuracy" in baseline:
        return [percent(baseline["accuracy"])]
    return [rounded(baseline["r2"]), decimal(baseline["rmse"])]


def interval(accuracy: float, samples: int) -> tuple[float, float]:
    """Wilson's interval for a share of right answers, at 95 % (Wilson, JASA 22, 1927).

    >>> [round(end, 4) for end in interval(0.9739, 10_000)]
    [0.9706, 0.9768]
    """
    z, n = 1.959963984540054, max(1, samples)
    middle = (accuracy + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(accuracy * (1 - accuracy) / n + z * z / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def decimal(value: Any) -> str:
    """A score as text; a dash where there is none."""
    return "–" if value is None else number(value)


def explained(r2: float | None) -> str:
    """R² as text; what is not all of the variance is never written as all of it.

    >>> explained(0.98765), explained(0.999999), explained(None)
    ('0.9877', '>0.9999', '–')
    """
    return ">0.9999" if r2 is not None and 0.99995 <= r2 < 1 else decimal(r2)


def seconds(value: float) -> str:
    """A time as people say it.

    >>> seconds(2.14), seconds(75.0), seconds(4000.0)
    ('2.14 s', '1 min 15 s', '1 h 6 min')
    """
    if value < 60:
        return f"{value:.2f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def rate(many: float, time: float) -> str:
    """How many a second, to three digits; a dash where the clock has not moved.

    >>> rate(354_000, 2.16), rate(5, 0.0)
    ('164,000', '–')
    """
    if time <= 0:
        return "–"
    each = many / time
    return f"{float(f'{each:.3g}'):,.0f}" if each >= 100 else number(each)
