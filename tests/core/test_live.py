"""A training that is looked at: what the box shows, how often, and that it changes nothing."""

import itertools
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import numpy as np
import pytest

import pellucid as pl
from pellucid.render import svg
from pellucid.render.notebook import live
from pellucid.runs.history_file import history_csv
from report.html_reader import read


class Notebook:
    """A notebook that keeps all that it was shown, box by box, and a clock that ticks a hundredth at each look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boxes: list[list[tuple[str, str]]] = []
        self.now, self.tick, self.cell, self.seconds_a_picture = 0.0, 0.01, 1, 0.0
        monkeypatch.setattr(live, "_marimo", lambda: None)
        monkeypatch.setattr(live, "_jupyter", lambda: lambda: live._in_cell(self.cell, self.opened))
        monkeypatch.setattr(live, "time", SimpleNamespace(perf_counter=self.clock))
        monkeypatch.setattr(live, "_cell", None)

    def clock(self) -> float:
        self.now += self.tick
        return self.now

    def opened(self) -> live.Screen:
        pictures: list[tuple[str, str]] = []
        self.boxes.append(pictures)

        def screen(html: str, text: str) -> None:
            self.now += self.seconds_a_picture
            pictures.append((html, text))

        return screen

    def words(self, box: int = -1) -> list[str]:
        return [text for _, text in self.boxes[box]]


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    return Notebook(monkeypatch)


X = np.random.default_rng(0).standard_normal((60, 3))
Y = (X[:, 0] > 0).astype(int)


def training(epochs: int = 20, net: pl.Network | None = None, rate: float = 0.1, **more: object) -> Iterator[pl.Epoch]:
    net = pl.Network([3, 4, 2], rng=np.random.default_rng(0)) if net is None else net
    rng = np.random.default_rng(1)
    return pl.train(net, (X, Y), pl.SGD(rate), epochs=epochs, batch_size=20, rng=rng, dev=(X, Y), **more)  # type: ignore[arg-type]


def test_outside_a_notebook_nobody_looks_on_and_nothing_is_loaded_for_it() -> None:
    code = """
        import sys, numpy as np, pellucid as pl
        rng = np.random.default_rng()
        for _ in pl.train(pl.Network([2, 2]), (np.eye(2), np.arange(2)), pl.SGD(), epochs=9, rng=rng):
            pass
        there = {"IPython", "marimo", "pellucid.render.notebook.summaries", "pellucid.render.svg"} & set(sys.modules)
        print(sorted(there))
    """
    run = subprocess.run([sys.executable, "-W", "error"], input=re.sub("(?m)^ {8}", "", code), capture_output=True,
                         text=True, check=False)  # fmt: skip
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_a_terminal_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(execution_count=1)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: False))
    assert live.box(pl.Progress(), 1, 1) is None
    shell.kernel = SimpleNamespace()
    assert live.box(pl.Progress(), 1, 1) is not None
    shell.kernel.session = SimpleNamespace(pid=-1)  # a fork, which has no way to the page
    assert live.box(pl.Progress(), 1, 1) is None


def test_looking_on_changes_no_bit(notebook: Notebook) -> None:
    ends = []
    for looked_at in (True, False):
        net, history = pl.Network([3, 4, 2], rng=np.random.default_rng(0)), pl.History()
        for epoch in training(net=net, live=looked_at, dropout=0.2):
            history.add(epoch)
        ends.append((net.theta.tobytes(), history_csv(history)))
    assert ends[0] == ends[1]
    assert len(notebook.boxes) == 1
    assert len(notebook.boxes[0]) > 2


def test_what_is_over_soon_is_not_shown(notebook: Notebook) -> None:
    notebook.tick = 0.9 * live.SOON / 100
    list(training(epochs=24))  # three steps an epoch, and a look after each step and each epoch
    assert not notebook.boxes
    list(training(epochs=30))
    assert len(notebook.boxes) == 1


def test_pictures_come_a_few_times_a_second_and_take_a_small_part_of_the_time(notebook: Notebook) -> None:
    list(training(epochs=500))
    assert 0.5 * notebook.now / live.EVERY < len(notebook.words()) <= notebook.now / live.EVERY + 2
    notebook.now, notebook.seconds_a_picture = 0.0, 0.1
    list(training(epochs=500))
    spent = notebook.seconds_a_picture * len(notebook.words())
    assert spent <= live.SHARE * notebook.now + 2 * notebook.seconds_a_picture


def test_it_says_how_far_it_is_and_how_long_it_will_take(notebook: Notebook) -> None:
    list(training(epochs=100))
    under_way, end = notebook.words()[:-1], notebook.words()[-1]
    for (html, _), words in zip(notebook.boxes[0], under_way, strict=False):
        found = re.fullmatch(r"Training: epoch (\d+) of 100, (.*) s left; train loss 0\.\d+", words)
        assert found, words
        share = float(re.findall(r'<progress value="(.*?)"', html)[0])
        assert 100 * share == pytest.approx(int(found[1]), abs=1.01)
        assert float(found[2]) == pytest.approx(4.1 * (1 - share), abs=0.6)  # four looks an epoch
    assert end.startswith("Training: 100 epochs in 4.")


def test_the_curves_have_a_point_an_epoch(notebook: Notebook) -> None:
    history = pl.History()
    for epoch in training(epochs=25):
        history.add(epoch)
    root = read(notebook.boxes[0][-1][0])
    assert [one.text for one in root.all("title")] == ["Loss by epoch", "Accuracy by epoch"]
    lines = [one["points"].split() for one in root.all("polyline") if len(one["points"].split()) > 2]
    assert [len(points) for points in lines] == [25] * 4
    up = svg.Frame((0.5, 25.0), svg._range([history["train_loss"], history["dev_loss"]], svg.Axis("", at_least=(0,))))
    np.testing.assert_allclose([float(p.split(",")[1]) for p in lines[0]], up.up(history["train_loss"]), atol=0.051)


def test_of_many_epochs_some_are_kept_evenly_and_the_last_is_shown(notebook: Notebook) -> None:
    box = live.box(pl.Progress(), 10_000, 1)
    assert box is not None
    scores = pl.Scores(0.5, None)
    for number in range(1, 10_000):
        box._keep(pl.Epoch(number, number, 0.1, 1.0, 0.0, scores, None))
        assert len(box.rows) < live.MOST_ROWS
    numbers = [epoch.number for epoch in box.rows]
    assert len(numbers) >= live.MOST_ROWS // 2 - 1
    assert set(np.diff(numbers)) == {box.stride}
    box._show("")
    assert "0.5 at 9,999;" in notebook.boxes[0][0][0]


def stop(epochs: Iterator[pl.Epoch]) -> None:
    for epoch in epochs:
        if epoch.number == 12:
            break


def fail(epochs: Iterator[pl.Epoch]) -> None:
    for epoch in epochs:
        if epoch.number == 12:
            raise RuntimeError


def interrupted(progress: pl.Progress) -> None:
    if progress.step == 40:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("use", "more", "error", "words"),
    [
        (list, {}, None, r"20 epochs in 0\.\d s; train loss 0\.\d+"),
        (stop, {}, None, r"stopped after epoch 12 of 20, 0\.\d s; train loss 0\.\d+"),
        (fail, {}, RuntimeError, r"stopped after epoch 12 of 20, 0\.\d s; train loss 0\.\d+"),
        (list, {"after_step": interrupted}, KeyboardInterrupt, r"interrupted in epoch 14 of 20, .*"),
        (list, {"rate": 1e30}, pl.DivergenceError, r"DivergenceError in epoch 1 of 20, .*"),
    ],
    ids=["to-the-end", "break", "raise", "ctrl-c", "divergence"],
)
def test_however_it_ends_the_last_picture_says_so(
    notebook: Notebook, use: Callable[[object], object], more: dict[str, object], error: type | None, words: str
) -> None:
    notebook.tick = 0.01 if "rate" not in more else 0.5
    if error is None:
        use(training(**more))  # type: ignore[arg-type]
    else:
        with pytest.raises(error):
            use(training(**more))  # type: ignore[arg-type]
    assert re.fullmatch(f"Training: {words}", notebook.words()[-1]), notebook.words()[-1]


def test_a_page_that_fails_costs_the_picture_and_not_the_training(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = itertools.count()

    def broken() -> live.Screen:
        next(calls)
        raise OSError("no way to the page")

    monkeypatch.setattr(notebook, "opened", broken)
    assert [epoch.number for epoch in training(epochs=30)] == list(range(1, 31))
    assert next(calls) == 1


def test_a_cell_holds_a_few_boxes_and_the_last_one_is_shared(notebook: Notebook) -> None:
    for _ in range(live.MOST_BOXES + 3):
        list(training())
    assert len(notebook.boxes) == live.MOST_BOXES
    assert [sum("epochs in" in words for words in notebook.words(k)) for k in range(4)] == [1, 1, 1, 4]
    notebook.cell += 1
    list(training())
    assert len(notebook.boxes) == live.MOST_BOXES + 1


def test_it_can_be_turned_off(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    list(training(live=False))
    monkeypatch.setenv("PELLUCID_LIVE", "0")
    list(training())
    assert not notebook.boxes


def test_a_range_test_of_learning_rates_is_not_shown_as_a_training(notebook: Notebook) -> None:
    pl.lr_find(pl.Network([3, 4, 2]), (X, Y), pl.SGD(), rng=np.random.default_rng(0))
    assert not notebook.boxes
