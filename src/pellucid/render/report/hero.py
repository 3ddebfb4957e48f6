"""The top of the page, which answers: the score in large beside a guess's, what was found wrong, and a few figures."""

from collections.abc import Sequence

from pellucid._text import counted, escape, percent, shortened
from pellucid.analysis.finding import Finding
from pellucid.render.report.html import Section, facts
from pellucid.render.report.scores import decimal, explained, guess, rounded, seconds
from pellucid.render.report.subject import Subject

MOST_TOLD = 3  # findings that the top of the page names


def title(about: Subject) -> str:
    """What the page is called: the data, and the network's layers, or their ends where there are many."""
    sizes = [*map(str, about.network.sizes)]
    if len(sizes) > 10:
        sizes[4:-3] = ["…"]
    return f"{shortened(about.name, 80)}, {'-'.join(sizes)}"


def score(about: Subject) -> tuple[str, str]:
    """The run's score as people say it, and what it is."""
    part, scores = about.judged, about.result[about.judged]
    samples, baseline = f"{about.samples[part]:,} {part} {about.one}s", scores.get("baseline")
    if "accuracy" in scores:
        against = "" if baseline is None else f"; {guess(about)}: {percent(baseline['accuracy'])}"
        return percent(scores["accuracy"]), f"of {samples} are recognised{against}"
    against = "" if baseline is None else f"; {guess(about)}: {rounded(baseline['r2'])}"
    return explained(scores["r2"]), f"R² on {samples}: the share of the variance that is explained{against}"


def hero(about: Subject, found: Sequence[Finding] | None) -> str:
    """The answer: how far the score is above a guess, what was found wrong, and what people ask for next."""
    return _meter(about) + _told(found) + _key_figures(about)


def _meter(about: Subject) -> str:
    """The score as a bar, and a guess as a mark upon it; the words beside it say both."""
    score, baseline = about.result[about.judged], about.result[about.judged].get("baseline")
    name = "accuracy" if "accuracy" in score else "r2"
    if score[name] is None or not 0 <= score[name] <= 1:
        return ""
    mark = ""
    if baseline is not None and baseline[name] is not None and 0 <= baseline[name] <= 1:
        mark = f'<b style="left:{100 * baseline[name]:.1f}%"></b>'
    return f'<div class="meter" aria-hidden="true"><i style="width:{100 * score[name]:.1f}%"></i>{mark}</div>\n'


def _told(found: Sequence[Finding] | None) -> str:
    """What was found, in a line; where something was, with links to it."""
    if found is None:
        return ""
    if not found:
        return '<p class="found fine"><b>✓ Nothing stood out</b> in how it trained.</p>\n'
    links = "; ".join(
        f'<a href="#finding-{k}">{escape(_fault(one), 90)}</a>' for k, one in enumerate(found[:MOST_TOLD], start=1)
    )
    more = f'; and <a href="#findings">{len(found) - MOST_TOLD} more</a>' if len(found) > MOST_TOLD else ""
    return f'<p class="found"><b>⚠ {counted(len(found), "thing")} stood out:</b> {links}{more}</p>\n'


def _key_figures(about: Subject) -> str:
    """The few figures that people ask for first."""
    result, net = about.result, about.network
    part, scores = about.judged, about.result[about.judged]
    pairs = []
    if "accuracy" in scores:
        wrong = round((1 - scores["accuracy"]) * about.samples[part])
        pairs.append((f"{part} mistakes", f"{wrong:,}", f"of {about.samples[part]:,} {about.one}s"))
    elif net.sizes[-1] == 1:  # of several values it would mix their units
        mean = scores.get("baseline")
        words = "in the unit of the target" if mean is None else f"always the mean: {decimal(mean['rmse'])}"
        pairs.append((f"{part} RMSE", decimal(scores["rmse"]), words))
    epochs, time = counted(result["epochs"], "epoch"), result["seconds"]
    pairs += [
        (f"{part} loss", decimal(scores["loss"]), net.loss.name),
        ("training time", seconds(time), f"{epochs}, {result['steps']:,} steps"),
        ("parameters", f"{net.theta.size:,}", f"{net.dtype}"),
    ]
    return facts(pairs, "key")


def findings(found: Sequence[Finding]) -> Section:
    """What was found wrong with the run, and what to do about it."""
    made = "".join(
        f'<div class="finding" id="finding-{k}"><h3>{escape(_fault(one), 600)}</h3>'
        f"<p>{escape(_sentence(one.evidence), 2000)}</p><p><b>Try:</b> {escape(one.remedy, 2000)}</p></div>"
        for k, one in enumerate(found, start=1)
    )
    return Section("findings", "Findings", "What stood out", made)


def _fault(one: Finding) -> str:
    """Where it is, and what is wrong."""
    return f"Layer {one.layer}, {one.quantity}: {one.fault}" if one.layer is not None else _sentence(one.fault)


def _sentence(text: str) -> str:
    """A text that begins as a sentence does."""
    return text[:1].upper() + text[1:]
