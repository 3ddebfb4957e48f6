"""The trials of a sweep while it runs: a table on a terminal, elsewhere a line for each trial that has ended."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.table import Table
from rich.text import Text

from pellucid._text import decimal, percent, visible
from pellucid.cli.flags import flag_of
from pellucid.cli.printing import Out
from pellucid.sweeps.store import Trial, best_of
from pellucid.sweeps.sweep import Sweep
from pellucid.sweeps.trial import PRUNED

AROUND = 5  # lines of the screen that the table's head and what is below it take


@contextmanager
def shown(sweep: Sweep, *, silent: bool) -> Iterator[Callable[[Trial], None]]:
    """Show the trials of a sweep; yields what is to be called with each that has ended."""
    results = Out()
    if silent:
        yield lambda _: None
    elif results.width is None:
        yield lambda trial: results.line(_line(sweep, trial))
    else:
        view = _View(sweep, results)
        with Live(get_renderable=view.table, console=results.console, transient=True, refresh_per_second=4) as live:
            view.ended = [trial for trial in sweep.trials() if trial.outcome is not None]

            def tell(trial: Trial) -> None:
                view.ended.append(trial)
                live.refresh()

            yield tell


class _View:
    """What the table shows: the best trial, those that ended last as far as there is room, and those under way."""

    def __init__(self, sweep: Sweep, results: Out) -> None:
        self.sweep, self.results = sweep, results
        self.ended: list[Trial] = []

    def table(self) -> Table:
        """The table as it is now."""
        best, under_way = best_of(self.ended), list(self.sweep.running.values())
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column("trial", justify="right", no_wrap=True)
        table.add_column("dev loss", justify="right", no_wrap=True)
        table.add_column("score", justify="right", no_wrap=True)
        table.add_column("state", no_wrap=True)
        table.add_column("settings", overflow="fold", ratio=1)
        rows = [trial for trial in self.ended if trial is not best][-self._room(len(under_way)) :]
        for trial in ([best] if best is not None else []) + rows + under_way:
            table.add_row(*self._cells(trial, best), style="bold" if trial is best else None)
        table.caption = f"{len(self.ended)} of {self.sweep.asked.trials} trials have ended"
        table.caption_justify = "left"
        return table

    def _cells(self, trial: Trial, best: Trial | None) -> list[Text]:
        numbers = _numbers(trial, of_classes=self.sweep.dataset.classes is not None)
        state = "best so far" if trial is best else _state(trial)
        cells = (str(trial.number), *numbers, state, _settings(self.sweep, trial))
        return [Text(visible(cell)) for cell in cells]

    def _room(self, under_way: int) -> int:
        """How many of the trials that have ended there is room for, with settings that take several lines."""
        width, height = self.results.console.size
        longest = max((len(_settings(self.sweep, trial)) for trial in self.ended[-1:]), default=0)
        lines = math.ceil(longest / max(13, width - 50))
        return max(1, (height - AROUND) // max(1, lines) - under_way - 1)


def _line(sweep: Sweep, trial: Trial) -> str:
    loss, score = _numbers(trial, of_classes=sweep.dataset.classes is not None)
    return (
        f"trial {trial.number:3}   dev loss {loss or '–':>8}   {score or '–':>8}   {_state(trial):20}   "
        + _settings(sweep, trial)
    )


def _numbers(trial: Trial, *, of_classes: bool) -> tuple[str, str]:
    """The dev loss and the score of a trial; of one that was stopped its last dev loss."""
    outcome = trial.outcome
    if outcome is None or not outcome.losses:
        return "", ""
    loss = outcome.losses[-1] if outcome.value is None else outcome.value
    if outcome.score is None:
        return decimal(loss), ""
    return decimal(loss), percent(outcome.score) if of_classes else f"R² {decimal(outcome.score)}"


def _state(trial: Trial) -> str:
    if trial.outcome is None:
        return "running"
    after = f" after epoch {len(trial.outcome.losses)}" if trial.outcome.state == PRUNED else ""
    return trial.outcome.state + after


def _settings(sweep: Sweep, trial: Trial) -> str:
    return ", ".join(f"{flag_of(name)[2:]} {text}" for name, text in sweep.texts(trial).items())
