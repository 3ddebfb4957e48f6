"""The page of a run: its numbers are those of the run, its markup is sound, and no text gets out of hand."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import pellucid as pl
from pellucid import datasets
from pellucid._text import number, percent
from pellucid.analysis.finding import Finding
from pellucid.cli.train import train as train_command
from pellucid.core import metrics
from pellucid.datasets import Samples
from pellucid.render import svg
from pellucid.render.palette import tokens
from pellucid.render.report import mistakes, page
from pellucid.render.report.colours import depths, stretched, style
from pellucid.render.report.command import command
from pellucid.render.report.html import chance
from pellucid.render.report.png import data_uri, grey, shrunk
from pellucid.render.report.scores import explained, interval
from pellucid.runs import Run, SavedRun, from_recipe, prepare, read_run, start
from report.html_reader import Element, read, section, table

Make = Callable[..., Run]
BAD = "</td></table><script>alert('x')</script>\"&\x00"


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Train a small run on arrays, to its end."""

    def made(X: Any, y: Any, name: str = "data", **flags: Any) -> Run:
        folder = tmp_path_factory.mktemp("page")
        np.savez(folder / f"{name}.npz", X=X, y=y)
        settings = from_recipe({"data": str(folder / f"{name}.npz"), "epochs": 2, "hidden": (6, 4), **flags})
        run = start(prepare(settings), folder / "run")
        list(run.go())
        return run

    return made


@pytest.fixture(scope="module")
def of_digits(make: Make) -> Run:
    everything = datasets.mnist_files("test")
    return make(everything.X[:600], everything.y[:600], test=200, epochs=3, hidden=(12,))


@pytest.fixture(scope="module")
def of_values(make: Make) -> Run:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 4))
    return make(X, X @ [1.0, -2.0, 0.0, 3.0] + 0.1 * rng.standard_normal(300), learning_rate=0.05, epochs=4)


@pytest.fixture(scope="module")
def digits_page(of_digits: Run) -> Element:
    return read(page(of_digits))


def predictions(run: Run) -> tuple[Samples, np.ndarray]:
    assert isinstance(run.dataset.test, Samples)
    return run.dataset.test, run.model.network.predict(run.dataset.test.X)


def test_the_page_is_one_whole_document(of_digits: Run, digits_page: Element) -> None:
    markup = page(of_digits)
    assert markup.startswith("<!DOCTYPE html>")
    (html,) = digits_page.all("html")
    assert html["lang"] == "en"
    assert [m["content"] for m in html.all("meta") if m.attributes.get("name") == "viewport"] == [
        "width=device-width, initial-scale=1"
    ]
    assert len(html.all("style")) == len(html.all("h1")) == len(html.all("main")) == 1
    assert not re.search(r"(?i)@import|https?://|url\(\s*['\"]?(?!#|data:)", markup)
    assert len(markup.encode()) < 500_000


def test_contents_lead_to_every_section(digits_page: Element) -> None:
    links = [link["href"] for link in digits_page.all("nav")[0].all("a")]
    assert links == [f"#{one['id']}" for one in digits_page.all("section")]
    assert links == ["#course", "#classes", "#mistakes", "#weights", "#scores", "#layers", "#again", "#cost"]


def test_scores_are_those_of_the_run(of_digits: Run, digits_page: Element) -> None:
    assert of_digits.result is not None
    accuracy = of_digits.result["test"]["accuracy"]
    assert f"{100 * accuracy:.2f} %" in digits_page.all("header")[0].text
    heads, train, dev, test = table(digits_page, "The trained network")
    assert heads[:4] == ["part", "samples", "loss", "accuracy"]
    parts = (of_digits.dataset.train, of_digits.dataset.dev, of_digits.dataset.test)
    assert [row[:2] for row in (train, dev, test)] == [
        [name, str(part.shape[0])] for name, part in zip(("train", "dev", "test"), parts, strict=True) if part
    ]
    assert test[3] == f"{100 * accuracy:.2f} %"
    low, high = interval(accuracy, 200)
    assert test[4] == f"{100 * low:.2f} – {100 * high:.2f} %"
    assert f"{round(200 * (1 - accuracy))}of 200 samples" in digits_page.text


def test_confusion_is_counted_on_the_test_part_and_painted(of_digits: Run, digits_page: Element) -> None:
    part, outputs = predictions(of_digits)
    matrix = metrics.confusion(outputs, part.y, 10)
    rows = table(digits_page, "Rows: the true class")
    assert [[0 if cell == "·" else int(cell) for cell in row[1:]] for row in rows[1:]] == matrix.tolist()
    each = metrics.per_class(matrix)
    scores = table(digits_page, "How well each class")
    assert [row[3] for row in scores[1:]] == [f"{100 * recall:.2f} %" for recall in each.recall]
    assert [int(row[1]) for row in scores[1:]] == each.samples.tolist()
    (drawn,) = [one for one in digits_page.all("table") if one.attributes.get("class") == "heat"]
    painted = [cell for cell in drawn.all("td") if "data-style" in cell.attributes]
    assert len(painted) == np.count_nonzero(matrix)
    sheet = digits_page.all("style")[0].text
    for i, j in np.argwhere(matrix):
        share = matrix[i, j] / matrix[i].sum()  # of its class, however many mistakes others have
        cell = drawn.all("tr")[1 + i].all("td")[j]
        expected = style(stretched(share) if i == j else -stretched(share))
        assert f':root [data-style="{cell["data-style"]}"]{{{expected}}}' in sheet
        assert f"{percent(share)} of it" in cell["title"]


def test_one_mistake_in_a_hundred_is_pale_and_the_deeper_the_more_there_are() -> None:
    depths = [stretched(share) for share in (0.001, 0.01, 0.1, 0.5, 1.0)]
    assert depths == sorted(depths)
    assert depths[1] < 0.2
    assert depths[-1] == 1.0


def test_mistakes_are_the_worst_ones_in_order_with_their_own_pictures(of_digits: Run, digits_page: Element) -> None:
    part, outputs = predictions(of_digits)
    likely = outputs[np.arange(len(outputs)), part.y]
    wrong = np.flatnonzero(outputs.argmax(axis=1) != part.y)
    worst = wrong[np.argsort(likely[wrong], kind="stable")][:24]
    pictures = section(digits_page, "mistakes").all("img")
    assert [int(re.findall(r"\d+", picture["alt"])[0]) for picture in pictures] == worst.tolist()
    first = worst[0]
    guessed = int(outputs[first].argmax())
    assert pictures[0]["alt"] == f"Sample {first}: {part.y[first]}, taken for {guessed}"
    assert [one["src"] for one in pictures] == [data_uri(part.X[k].reshape(28, 28)) for k in worst]
    words = section(digits_page, "mistakes").text
    assert f"{len(wrong)} of 200 test samples are wrong" in words
    assert f"--sample {first}" in words
    assert f"{100 * outputs[first].max():.2f} %" in section(digits_page, "mistakes").all("figure")[0].text


def test_a_mistake_opens_to_the_models_own_numbers(of_digits: Run, digits_page: Element) -> None:
    _, outputs = predictions(of_digits)
    for figure in section(digits_page, "mistakes").all("figure"):
        (opened,) = figure.all("details")
        k = int(figure.all("img")[0]["alt"].split()[1].rstrip(":"))
        assert opened.all("summary")[0].text == f"sample {k}"
        said = [float(one["value"]) for one in opened.all("data")]
        assert said == [float(p) for p in outputs[k]]  # each with all its digits, in the order of the classes
        assert f"pellucid explain {of_digits.folder} --sample {k}" in opened.all("code")[0].text
        loss = -np.log(float(outputs[k][of_digits.dataset.test.y[k]]))  # type: ignore[union-attr]
        assert f"= {number(loss)}" in opened.text
        assert opened.text.count(", true") == opened.text.count(", its answer") == 1


def test_what_is_wrong_and_sure_is_pointed_out_where_it_happens(
    of_digits: Run, digits_page: Element, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, outputs = predictions(of_digits)
    sure, wrong = outputs.max(axis=1) >= 0.35, outputs.argmax(axis=1) != part.y
    both = (sure & wrong).sum()
    assert both
    assert "Wrong and sure" not in section(digits_page, "mistakes").text  # of 90 % it never was
    monkeypatch.setattr(mistakes, "SURE", 0.35)
    root = read(page(of_digits))
    words = section(root, "mistakes").text
    assert f"in {both} of these {wrong.sum()} mistakes the network gave the wrong class 35 % or more" in words
    assert f"of the {sure.sum()} answers that it was this sure of, {percent(1 - both / sure.sum())} are right" in words
    for figure in section(root, "mistakes").all("figure"):
        k = int(figure.all("img")[0]["alt"].split()[1].rstrip(":"))
        assert ("⚠ sure" in figure.all("figcaption")[0].text) == sure[k]


def test_less_than_all_is_never_written_as_all() -> None:
    for p in (0.99995, 0.999999, 1 - 1e-16, float(np.float32(0.99999994))):
        assert "100" not in percent(p)
        assert "100" not in chance(p).markup.split(">", 1)[1]
        assert explained(p) != "1"
    assert percent(1.0) == "100.00 %"
    assert ">0.00 %" not in chance(1e-9).markup
    assert ">0.00 %" in chance(0.0).markup


def test_weights_are_drawn_a_tile_for_each_neuron_in_its_place(of_digits: Run, digits_page: Element) -> None:
    from PIL import Image

    W = of_digits.model.network.layers[0].W
    drawn = section(digits_page, "weights").all("svg")[0]
    assert [label.text for label in drawn.all("text")] == [str(k) for k in range(12)]
    limit = float(np.quantile(np.abs(W), 0.995))
    sheets = []
    for mask, shape in zip(drawn.all("mask"), drawn.children[2].all("rect"), strict=True):
        assert shape["mask"] == f"url(#{mask['id']})"
        with Image.open(opened(mask.all("image")[0]["href"])) as image:
            sheets.append(np.asarray(image))
    assert [one["fill"] for one in drawn.children[2].children if one.tag == "rect"] == [svg.POS, svg.NEG]
    frames = drawn.children[-1].all("rect")
    assert len(frames) == 12
    for k in (0, 7, 8, 11):
        left, top, size = (int(frames[k][name]) for name in ("x", "y", "width"))
        assert size == 28
        for sheet, expected in zip(sheets, depths(W[k].reshape(28, 28).astype(float), limit), strict=True):
            np.testing.assert_array_equal(sheet[top : top + 28, left : left + 28], expected)

    lengths = [float(row[1]) for row in table(digits_page, "The neurons of layer 1")[1:]]
    np.testing.assert_allclose(lengths, np.linalg.norm(W, axis=1), rtol=1e-3)


def opened(source: str) -> Any:
    import base64
    import io

    return io.BytesIO(base64.b64decode(source.removeprefix("data:image/png;base64,")))


def test_curves_and_their_tables_hold_the_history(of_digits: Run, digits_page: Element) -> None:
    history = of_digits.state.history
    rows = table(digits_page, "Loss by epoch")
    assert rows[0] == ["epoch", "train loss", "dev loss"]
    np.testing.assert_allclose([float(row[2]) for row in rows[1:]], history["dev_loss"], rtol=1e-3)
    charts = [one.text for one in section(digits_page, "course").all("title")]
    assert charts == ["Loss by epoch", "Accuracy by epoch", "Learning rate by epoch", "Length of the gradient by epoch"]


def test_layers_and_cost_are_counted(of_digits: Run, digits_page: Element) -> None:
    rows = table(digits_page, "The layers")
    assert [row[3] for row in rows[1:]] == ["9,420", "130", "9,550"]
    assert [row[4] for row in rows[1:]] == ["9,408", "120", "9,528"]
    samples = of_digits.dataset.train.shape[0]
    each = 3 * 9528 - 9408
    assert f"{each * samples * 3:,}" in section(digits_page, "cost").text
    assert f"a sample takes {each:,}" in section(digits_page, "cost").text
    assert "MB" in section(digits_page, "cost").text


def test_what_was_found_is_told_at_the_top_with_a_link_to_it(of_digits: Run) -> None:
    found = [Finding(2, "dW", f"the gradient fades {BAD}", "1e-9 beside 0.1", "--activation relu")]
    root = read(page(of_digits, findings=found * 5))
    words = section(root, "findings").text
    assert "Layer 2, dW: the gradient fades" in words
    assert "1e-9 beside 0.1" in words
    assert "Try: --activation relu" in words
    assert root.all("section")[0]["id"] == "findings"
    top = root.all("header")[0]
    assert "5 things stood out" in top.text
    assert [link["href"] for link in top.all("a")] == ["#finding-1", "#finding-2", "#finding-3", "#findings"]
    assert "and 2 more" in top.text


def test_that_nothing_was_found_is_one_line_and_no_chapter(of_digits: Run, digits_page: Element) -> None:
    root = read(page(of_digits, findings=[]))
    assert "Nothing stood out" in root.all("header")[0].text
    assert "findings" not in [one["id"] for one in root.all("section")]
    assert "stood out" not in digits_page.text  # where nobody looked, nothing is said


def test_what_differs_from_the_usual_comes_before_all_settings(of_digits: Run, make: Make) -> None:
    again = section(read(page(of_digits)), "again")
    told, everything = again.all("dl")[:2]
    differs = {item.all("dt")[0].text: item.all("dd")[0].text for item in told.children}
    assert differs == {
        "test": "200", "hidden": "12usual: 32, 16", "epochs": "3usual: 6",
    }  # fmt: skip
    assert len(everything.children) == len(pl_settings())
    opened = [one.all("summary")[0].text for one in again.all("details")]
    assert opened == [f"All {len(pl_settings())} settings", "Versions and data"]
    assert everything in again.all("details")[0].all("dl")
    rng = np.random.default_rng(0)
    usual = make(rng.standard_normal((80, 3)), rng.integers(0, 2, 80), hidden=(32, 16), epochs=6)
    again = section(read(page(usual)), "again")
    assert "Every setting but the data is the usual one" in again.text
    assert len(again.all("dl")[0].children) == len(pl_settings())


def test_every_colour_of_the_page_is_a_token(of_digits: Run, of_values: Run) -> None:
    for run in (of_digits, of_values):
        markup = page(run, findings=[])
        body = markup[markup.index("<body") :]
        for said in re.findall(r'(?:fill|stroke)="([^"]*)"', body):
            assert said in ("none", "currentColor") or said.startswith("var(--")
        own = read_text("pellucid.render.report", "page.css")
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|--(paper|soft|rule|mark|card)\b", own)
        assert set(re.findall(r"var\(--([\w-]+)", own)) <= set(tokens()) | {
            "full",
            "pos-full",
            "neg-full",
            "shade",
            "ground",
        }


def read_text(package: str, name: str) -> str:
    from importlib.resources import files

    return files(package).joinpath(name).read_text(encoding="utf-8")


def test_words_that_a_learner_may_not_know_are_explained_beside_them(digits_page: Element) -> None:
    for anchor, words in {
        "scores": ["95 % interval"], "classes": ["precision", "recall", "F1"],
        "layers": ["RMS of W", "RMS of dW", "dead", "saturated"],
    }.items():  # fmt: skip
        found = {one.text: one["title"] for one in section(digits_page, anchor).all("abbr")}
        assert list(found) == words
        assert all(len(meaning) > 20 for meaning in found.values())
        assert [one for one in section(digits_page, anchor).all("p") if one.attributes.get("class") == "note"]


def test_a_regression_has_its_errors_in_place_of_classes(of_values: Run) -> None:
    root = read(page(of_values))
    dev = of_values.dataset.dev
    assert dev is not None
    guessed, truth = of_values.model.network.predict(dev.X)[:, 0].astype(float), dev.y[:, 0]
    assert not [one for one in root.all("section") if one["id"] in ("classes", "mistakes")]
    drawn, spread = section(root, "errors").all("svg")
    assert len(drawn.all("circle")) == 30
    assert len(spread.all("rect")) == 6
    worst = table(root, "The largest errors")[1]
    k = int(np.abs(guessed - truth).argmax())
    assert int(worst[0]) == k
    numbers = [float(cell.replace("−", "-").replace(",", "")) for cell in worst[2:5]]
    assert numbers == pytest.approx([truth[k], guessed[k], guessed[k] - truth[k]], rel=2e-3)
    weights = table(root, "Weights of layer 1")
    W = of_values.model.network.layers[0].W
    shown = [[float(cell.replace("−", "-")) for cell in row[1:5]] for row in weights[1:]]
    np.testing.assert_allclose(shown, W, atol=0.0051)
    assert "R²" in root.all("header")[0].text


def test_one_output_for_two_classes(make: Make) -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((200, 3))
    run = make(X, (X[:, 0] + rng.standard_normal(200) > 0).astype(int), loss="binary-cross-entropy", dev=0.5)
    root, dev = read(page(run)), run.dataset.dev
    assert dev is not None
    p = run.model.network.predict(dev.X)[:, 0]
    rows = table(root, "The worst mistakes")[1:]
    wrong = np.flatnonzero((p > 0.5) != dev.y)
    likely = np.where(dev.y == 1, p, 1 - p)
    assert [int(row[0]) for row in rows] == wrong[np.argsort(likely[wrong])][:24].tolist()
    k = int(rows[0][0])
    assert rows[0][1:5] == [
        str(dev.y[k]),
        str(1 - dev.y[k]),
        f"{100 * (1 - likely[k]):.2f} %",
        f"{100 * likely[k]:.2f} %",
    ]


def test_hostile_names_stay_text(make: Make) -> None:
    names = np.array([BAD, "b" * 5000, "ünï]]>\u202e"])
    rng = np.random.default_rng(0)
    run = make(rng.standard_normal((90, 3)), names[rng.integers(0, 3, 90)], name="a<b>&\"'")
    markup = page(run, findings=[Finding(None, BAD, BAD, BAD, BAD)])
    root = read(markup)
    assert markup.count("<script") == 1
    assert "a<b>&\"'.npz" in root.all("h1")[0].text
    assert any("<script>" in cell for cell in table(root, "How well each class")[1])
    assert len(markup) < 200_000


def test_a_thousand_classes_thousands_of_inputs_and_many_neurons_stay_a_small_page(make: Make) -> None:
    rng = np.random.default_rng(0)
    y = np.array([f"class {k:04}" for k in np.arange(2000) % 1000])
    run = make(rng.standard_normal((2000, 2000)).astype(np.float32), y, hidden=(80,), epochs=1, dev=0.5)
    markup = page(run)
    root = read(markup)
    assert len(markup.encode()) < 2_000_000
    assert len(table(root, "The pairs that are confused most")) == 26
    assert len(table(root, "The 30 classes that are recognised worst")) == 31
    heat = table(root, "Weights of layer 1")
    assert (len(heat), len(heat[0])) == (65, 18)
    W = run.model.network.layers[0].W
    longest = np.sort(np.argsort(-np.linalg.norm(W.astype(float), axis=1), kind="stable")[:64])
    assert [int(row[0]) for row in heat[1:]] == longest.tolist()


def test_a_run_of_many_epochs_is_thinned_out(of_values: Run, tmp_path: Path) -> None:
    rows = np.array(of_values.state.history.rows[-1:]).repeat(1000, axis=0)
    rows[:, 0] = np.arange(1, 1001)
    of_long = replace(read_run(of_values.folder), history=pl.History(rows.tolist()))
    root = read(page(of_long, dataset=of_values.dataset))
    assert len(table(root, "Loss by epoch")) == 51


def test_perfect_answers_and_no_epochs_and_scores_that_are_no_numbers(make: Make) -> None:
    X = np.repeat(np.eye(2), 40, axis=0)
    run = make(X, np.repeat([0, 1], 40), epochs=60, hidden=())
    assert "Nothing: all of 8 dev samples are right." in section(read(page(run)), "mistakes").text
    flat = make(np.random.default_rng(0).random((40, 2)), np.full(40, 1.5), epochs=1)
    assert read(page(flat)).all("header")[0].all("strong")[0].text == "–"


def test_a_run_read_back_has_the_same_page_its_memory_too(of_digits: Run) -> None:
    here, there = (page(run) for run in (of_digits, of_digits.folder))
    assert here == there
    assert re.search(r"memory[\d,]+ MB", read(there).text)


def test_data_that_changed_are_left_out_and_said_to_be(make: Make) -> None:
    rng = np.random.default_rng(0)
    run = make(rng.standard_normal((60, 3)), rng.integers(0, 2, 60))
    source = Path(run.settings.data)
    np.savez(source, X=rng.standard_normal((60, 3)), y=rng.integers(0, 2, 60))
    assert "is not what it was" in section(read(page(run.folder)), "classes").text
    source.unlink()
    root = read(page(run.folder))
    assert "are not there as they were" in section(root, "classes").text
    assert len(table(root, "The layers")) == 5


def parsed(line: str) -> dict[str, Any]:
    """What the train command makes of a line."""
    words = shlex.split(line)
    assert words[:2] == ["pellucid", "train"]
    context: click.Context = train_command.make_context("train", words[2:])
    return {name: context.params[name] for name in context.params if name in pl_settings()}


def pl_settings() -> set[str]:
    from dataclasses import fields

    from pellucid.runs import Settings

    return {field.name for field in fields(Settings)}


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"recipe": "article", "epochs": 3},
        {"recipe": "article", "batch_size": 32, "clip_norm": 2.0, "hidden": (5,), "activation": ("tanh",)},
        {"optimizer": "adam", "seed": 7, "dropout": 0.25, "hidden": (7, 5), "activation": ("relu", "tanh")},
        {"optimizer": "adamw", "weight_decay": 0.0, "learning_rate": 1e-05, "dtype": "float64", "patience": 3},
        {"hidden": (), "clip_norm": 0, "batch_size": "all", "schedule": "constant", "init": "glorot", "threads": 2},
        {"dev": 0.25, "test": 11, "task": "regression", "loss": "huber"},
    ],
    ids=lambda flags: "-".join(map(str, flags)) or "usual",
)
def test_the_command_gives_the_very_same_settings(make: Make, flags: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    run = make(rng.standard_normal((80, 3)), rng.integers(0, 2, 80), **{"hidden": None, "epochs": 1} | flags)
    line = command(run.settings, run.model.network, run.dataset.train.shape[0])
    assert prepare(from_recipe(parsed(line))).settings == run.settings


def test_the_command_says_no_more_than_it_must(make: Make, of_digits: Run) -> None:
    rng = np.random.default_rng(0)
    run = make(rng.standard_normal((80, 3)), rng.integers(0, 2, 80), hidden=None, epochs=None)
    line = command(run.settings, run.model.network, 72)
    assert line == f"pellucid train {shlex.quote(run.settings.data)} --engine numpy --seed 0"
    warm = prepare(from_recipe({"data": run.settings.data, "start_from": str(run.folder), "epochs": 1})).settings
    columns = replace(warm, columns=("a=out", "b c=category"))
    assert " --column a=out --column 'b c=category' " in command(columns, run.model.network, 72)
    line = command(warm, run.model.network, 72)
    assert line.endswith(f"--start-from {run.folder} --epochs 1 --seed 0")
    assert command(replace(warm, data="-x y.npz", start_from=None), run.model.network, 72).startswith(
        "pellucid train './-x y.npz'"
    )


def test_write_puts_the_page_where_it_should_be_and_nothing_else(of_digits: Run, tmp_path: Path) -> None:
    before = {path.name for path in of_digits.folder.iterdir()}
    assert pl.report.write(of_digits.folder) == of_digits.folder / "report.html"
    assert {path.name for path in of_digits.folder.iterdir()} == before | {"report.html"}
    elsewhere = pl.report.write(read_run(of_digits.folder), to=tmp_path / "x.html")
    assert elsewhere.read_bytes() == (of_digits.folder / "report.html").read_bytes()


def test_a_run_that_is_not_finished_is_refused(make: Make, of_values: Run, tmp_path: Path) -> None:
    run = start(prepare(of_values.settings), tmp_path / "new")
    with pytest.raises(pl.InputError, match=r"not finished.*go on with resume="):
        page(run.folder)
    assert json.loads((run.folder / "run.json").read_text())["result"] is None
    assert isinstance(read_run(run.folder), SavedRun)


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (3, 200)])
def test_a_png_says_to_pillow_what_it_was_given(shape: tuple[int, int]) -> None:
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    with Image.open(opened(data_uri(pixels))) as image:
        image.load()
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_pictures_of_any_numbers_become_bytes_of_a_bearable_size() -> None:
    assert grey(np.full((2, 2), 7.0)).tolist() == [[0, 0], [0, 0]]
    large = np.arange(300 * 500, dtype=np.float64).reshape(300, 500)
    small = shrunk(large, 56)
    assert small.shape == (50, 56)
    np.testing.assert_allclose(small[0, 0], large[:6, :9].mean())
    assert shrunk(np.full((90, 10), 200, np.uint8), 40).dtype == np.uint8


def test_numbers_become_depths_of_two_colours() -> None:
    above, below = depths(np.array([[-9.0, -0.5], [0.0, 1.0]]), 1.0)
    assert (above.tolist(), below.tolist()) == ([[0, 0], [0, 255]], [[255, 128], [0, 0]])
    assert style(0.0, 0.0).endswith(" 0%,var(--surface))")
    assert "--pos-full) 100%" in style(9.0, 1.0)
    assert "--neg-full) 25%" in style(-0.25, 1.0)


def test_the_interval_holds_the_truth_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    found = rng.binomial(200, 0.95, 4000) / 200
    held = [low <= 0.95 <= high for low, high in (interval(share, 200) for share in found)]
    assert 0.93 <= np.mean(held) <= 0.97
    assert interval(1.0, 10)[1] == pytest.approx(1.0)
    assert interval(0.0, 10)[0] == pytest.approx(0.0)
