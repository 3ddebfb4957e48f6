"""The top of the page: the score in large, the figures that people ask for first, and what was found wrong."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid._text import counted, escape, number, percent, shortened
from pellucid.analysis.finding import Finding
from pellucid.render.report.html import Cell, Section, facts, paragraph, table
from pellucid.render.report.subject import Subject


def score(about: Subject) -> tuple[str, str]:
    """The run's score as people say it, and what it is."""
    part, scores = about.judged, about.result[about.judged]
    samples, baseline = f"{about.samples[part]:,} {part} {about.one}s", scores.get("baseline")
    if "accuracy" in scores:
        against = "" if baseline is None else f"; {guess(about)}: {percent(baseline['accuracy'])}"
        return percent(scores["accuracy"]), f"of {samples} are recognised{against}"
    against = "" if baseline is None else f"; {guess(about)}: {_rounded(baseline['r2'])}"
    return decimal(scores["r2"]), f"R² on {samples}: the share of the variance that is explained{against}"


def guess(about: Subject) -> str:
    """The guess that the score is compared with, in words."""
    if about.model.classes is None:
        return "always the mean"
    known = about.model.guess
    return "always the commonest class" if known is None else f"always “{_class(about, int(np.argmax(known)))}”"


def _class(about: Subject, k: int) -> str:
    return shortened(about.model.class_names[k], 30)


def _rounded(r2: float | None) -> str:
    """R² of a mean, which is 0 but for the last digits."""
    return decimal(None if r2 is None else round(r2, 4) + 0.0)


def key_figures(about: Subject) -> str:
    """The figures that people ask for first."""
    result, net = about.result, about.network
    part, scores = about.judged, about.result[about.judged]
    seen = result["epochs"] * about.samples["train"]
    pairs = [(f"{part} loss", decimal(scores["loss"]), net.loss.name)]
    if "accuracy" in scores:
        wrong = round((1 - scores["accuracy"]) * about.samples[part])
        pairs.append((f"{part} mistakes", f"{wrong:,}", f"of {about.samples[part]:,} {about.one}s"))
    elif net.sizes[-1] == 1:  # of several values it would mix their units
        mean = scores.get("baseline")
        words = "in the unit of the target" if mean is None else f"always the mean: {decimal(mean['rmse'])}"
        pairs.append((f"{part} RMSE", decimal(scores["rmse"]), words))
    epochs, time = counted(result["epochs"], "epoch"), result["seconds"]
    pairs += [
        ("parameters", f"{net.theta.size:,}", f"{net.dtype}"),
        ("training time", seconds(time), f"{epochs}, {result['steps']:,} steps"),
        ("speed", rate(seen, time), f"{about.one}s a second in training"),
        ("a prediction", f"{sum(i * o for i, o in pairwise(net.sizes)):,}", "multiply-adds"),
    ]
    return facts(pairs, "key")


def scores(about: Subject) -> Section:
    """The scores of each part as a table."""
    of_classes = "accuracy" in about.result["train"]
    one_value = about.network.sizes[-1] == 1  # of several values an RMSE would mix their units
    heads = ["accuracy", "95 % interval"] if of_classes else ["R²", "RMSE"] if one_value else ["R²"]
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
            cells = [decimal(found["r2"]), decimal(found["rmse"])]
        guessed = _guessed(found["baseline"]) if compared else []
        rows.append([part, f"{samples:,}", decimal(found["loss"]), *cells[: len(heads)], *guessed[: len(heads)]])
    if compared:
        heads += [guess(about)] if of_classes else [f"{name}, {guess(about)}" for name in heads]
    made = table("The trained network on each part of the data", ["part", f"{about.one}s", "loss", *heads], rows)
    kept, epochs = about.result["best_epoch"], about.result["epochs"]
    if kept != epochs:
        words = f"The model is that of epoch {kept}, which had the least dev loss; training stopped at {epochs}."
        made += paragraph(words)
    if of_classes:
        words = "The interval is Wilson's: where the accuracy lies on samples of the same kind that nobody has seen."
        made += paragraph(words, kind="note")
    return Section("scores", "Scores", "Scores", made)


def _guessed(baseline: dict[str, Any]) -> list[str]:
    """What a guess scores, in the columns of the scores."""
    if "accuracy" in baseline:
        return [percent(baseline["accuracy"])]
    return [_rounded(baseline["r2"]), decimal(baseline["rmse"])]


def findings(found: Sequence[Finding]) -> Section:
    """What was found wrong with the run, and what to do about it."""
    made = "".join(
        f'<div class="finding"><h3>{escape(_place(one) + one.fault, 600)}</h3>'
        f"<p>{escape(one.evidence, 2000)}</p><p><b>Try:</b> {escape(one.remedy, 2000)}</p></div>"
        for one in found
    )
    return Section("findings", "Findings", "What was found", made or paragraph("Nothing stood out."))


def _place(one: Finding) -> str:
    return f"Layer {one.layer}, {one.quantity}: " if one.layer is not None else ""


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


def title(about: Subject) -> str:
    """What the page is called: the data, and the network's layers, or their ends where there are many."""
    sizes = [*map(str, about.network.sizes)]
    if len(sizes) > 10:
        sizes[4:-3] = ["…"]
    return f"{shortened(about.name, 80)}, {'-'.join(sizes)}"
