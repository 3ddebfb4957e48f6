"""The page of a table: the answer first, beside that of a guess; what it hangs on; the worst rows as in the file."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.core import metrics
from pellucid.datasets import Samples
from pellucid.render.report import importance, page
from pellucid.runs import Run, from_recipe, prepare, start
from report.html_reader import Element, read, section, table
from support import Command

Make = Callable[..., Run]
AREAS = ("size of the living area in square metres", "size of the living area of the cellar")
HEADS = ("client", *AREAS, "town", "visited", "noise")


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Train a small run on a CSV of so many rows, whose target's cells a function makes, to its end."""

    def made(target: Callable[[float, np.random.Generator], str], rows: int = 300, more: int = 0, **flags: Any) -> Run:
        folder = tmp_path_factory.mktemp("table")
        rng = np.random.default_rng(0)
        with (folder / "t.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*HEADS, *(f"m{k}" for k in range(more)), "answer"])
            for row in range(rows):
                a, b = rng.normal(100, 20), rng.normal(30, 5)
                town = ["Bonn, <b>", "Köln", "a town with a name that is far too long"][int(rng.integers(3))]
                cells = [f"K-{row:04}", f"{a:.2f}", "" if rng.random() < 0.1 else f"{b:.1f}", town]
                cells += [f"20{rng.integers(10, 24)}-0{rng.integers(1, 10)}-11", f"{rng.normal():.3f}"]
                answer = target((a - 100) / 20, rng) if row % 50 else ""  # rows without one are left out
                writer.writerow([*cells, *(f"{rng.normal():.3f}" for _ in range(more)), answer])
        settings = from_recipe(
            {"data": str(folder / "t.csv"), "target": "answer", "epochs": 4, "hidden": (8,), **flags}, "table"
        )
        run = start(prepare(settings), folder / "run")
        list(run.go())
        return run

    return made


@pytest.fixture(scope="module")
def of_classes(make: Make) -> Run:
    return make(lambda a, rng: "yes" if a + 0.5 * rng.normal() > 0.5 else "no", test=60)


@pytest.fixture(scope="module")
def of_values(make: Make) -> Run:
    return make(lambda a, rng: f"{200 + 30 * a + 5 * rng.normal():.2f}", dev=0.2)


def file_of(run: Run) -> list[dict[str, str]]:
    """The rows of a run's file; row 2, as people count, is the first."""
    with Path(run.settings.data).open(newline="") as file:
        return list(csv.DictReader(file))


def part_of(run: Run, name: str) -> Samples:
    found = getattr(run.dataset, name)
    assert isinstance(found, Samples)
    return found


def anchors(root: Element) -> list[str]:
    return [one["id"] for one in root.all("section")]


def test_the_answer_comes_first_and_raw_weights_not_at_all(of_classes: Run, of_values: Run) -> None:
    rest = ["course", "scores", "columns", "layers", "again", "cost"]
    root = read(page(of_classes, findings=[]))
    assert anchors(root) == ["importance", "classes", "mistakes", *rest]
    assert not [one for one in root.all("caption") if one.text.startswith("Weights of layer")]
    assert anchors(read(page(of_values, findings=[]))) == ["importance", "errors", *rest]
    assert page(of_classes) == page(of_classes.folder)  # read back


def test_beside_the_share_of_right_answers_stands_that_of_the_commonest_class(of_classes: Run) -> None:
    root, y = read(page(of_classes)), part_of(of_classes, "test").y
    share = f"{100 * np.mean(y == np.bincount(part_of(of_classes, 'train').y).argmax()):.2f} %"
    assert f"of 60 test rows are recognised; always “no”: {share}" in root.all("header")[0].text
    scores = table(root, "The trained network")
    assert scores[0][-1] == "always “no”"
    assert scores[3][-1] == share


def test_beside_r2_and_rmse_stand_those_of_the_mean(of_values: Run) -> None:
    root, plan = read(page(of_values)), of_values.dataset.preprocessing
    assert plan is not None
    train, dev = (plan.in_units(part_of(of_values, name).y) for name in ("train", "dev"))
    mean = np.full_like(dev, train.mean())
    row = table(root, "The trained network")[2]
    assert float(row[-1]) == pytest.approx(metrics.rmse(mean, dev), rel=1e-3)
    assert float(row[-2].replace("−", "-")) == pytest.approx(metrics.r2(mean, dev), abs=1e-4)
    assert f"always the mean: {row[-2]}" in root.all("header")[0].text
    assert f"always the mean: {row[-1]}" in root.all("header")[0].text


def test_importance_is_that_of_its_own_command(of_classes: Run, pellucid: Command) -> None:
    said = json.loads(pellucid("importance", of_classes.folder, "--json").out)["columns"]
    heads, *rows = table(read(page(of_classes)), "What the accuracy loses")
    assert heads == ["column", "", "accuracy lost", "spread", "loss gained"]
    assert [row[2] for row in rows] == [f"{100 * column['drop']:.2f} %" for column in said]
    assert "test rows" in section(read(page(of_classes)), "importance").all("caption")[0].text
    assert rows[0][0] == AREAS[0]
    spans = section(read(page(of_classes)), "importance").all("span")
    assert len([one for one in spans if one.attributes.get("class") == "bar"]) == len(rows)


def test_the_worst_rows_are_those_of_the_file_with_their_cells_as_they_are_there(of_classes: Run) -> None:
    rows, part = file_of(of_classes), part_of(of_classes, "test")
    heads, *shown = table(read(page(of_classes)), "The worst mistakes")
    assert heads[:5] == ["row", "true", "taken for", "how sure", "of the true one"]
    assert len(set(heads)) == len(heads)  # those that begin alike too
    guessed = of_classes.model.network.predict(part.X).argmax(axis=1)
    assert len(shown) == min(24, np.count_nonzero(guessed != part.y))
    by_column = table(read(page(of_classes)), "What the accuracy loses")[1:]
    order = [next(name for name in HEADS if name.startswith(row[0].rstrip("…"))) for row in by_column]
    for number, true, taken, _, _, *cells in shown:
        row = rows[int(number) - 2]
        assert row["answer"] == true != taken
        texts = [row[name] for name in order]
        assert cells == [text if len(text) <= 24 else text[:23] + "…" for text in texts]


def test_the_largest_errors_are_those_of_rows_too(of_values: Run) -> None:
    rows = file_of(of_values)
    root = read(page(of_values))
    heads, *shown = table(root, "The largest errors")
    assert heads[:4] == ["row", "true", "predicted", "error"]
    for number, true, predicted, error, *_ in shown:
        truth = float(rows[int(number) - 2]["answer"])
        assert float(true) == pytest.approx(truth, rel=1e-3)
        assert float(predicted) - truth == pytest.approx(float(error.replace("−", "-")), abs=0.1)
    sizes = [abs(float(row[3].replace("−", "-"))) for row in shown]
    assert sizes == sorted(sizes, reverse=True)
    assert "answer, on 59 dev rows" in section(root, "errors").text
    kinds = [one.tag for one in section(root, "errors").children]
    assert section(root, "errors").children[kinds.index("div")].all("svg")  # the pictures, and then
    assert section(root, "errors").children[-1].all("caption")[0].text.startswith("The largest")


@pytest.mark.slow
def test_of_many_columns_fewer_rows_are_asked_and_the_page_says_how_many(make: Make) -> None:
    run = make(lambda a, rng: "yes" if a > 0 else "no", rows=1500, more=180, dev=0.5, epochs=1)
    root = read(page(run))
    caption = section(root, "importance").all("caption")[0].text
    assert f"on the first {500_000 // (5 * 185)} of 735 dev rows" in caption
    assert "and 165 columns more" in section(root, "importance").text
    assert "of 185 columns the 12 that matter most" in section(root, "mistakes").text


def test_where_importance_would_take_too_long_its_command_is_named(
    of_classes: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importance, "WORK", 1)
    root = read(page(of_classes))
    assert f"pellucid importance {of_classes.folder}" in section(root, "importance").text
    assert "the 12 that matter most" not in section(root, "mistakes").text


def test_where_the_file_is_gone_the_scores_are_left(make: Make) -> None:
    run = make(lambda a, rng: "yes" if a > 0 else "no", rows=120)
    Path(run.settings.data).unlink()
    root = read(page(run.folder))
    assert anchors(root) == ["classes", "course", "scores", "columns", "layers", "again", "cost"]
    assert "are not there as they were" in section(root, "classes").text
    held = table(read(page(run)), "The worst mistakes")  # the data are still in memory, the cells are not
    assert held[0][0] == "row"
    assert "as the network takes them" in section(read(page(run)), "mistakes").all("caption")[0].text
