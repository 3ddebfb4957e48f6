"""Trainings in a Jupyter kernel and in a marimo notebook: what their pages hold at the end."""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import pellucid
from report.html_reader import Element, read

pytestmark = pytest.mark.slow

START = """
import time, numpy as np, pellucid as pl
rng = np.random.default_rng(0)
X = rng.standard_normal((4000, 10))
y = (X[:, 0] > 0).astype(int)
def training(epochs=8, rate=0.1, slow=0.0, **more):
    wait = {"after_step": lambda progress: time.sleep(slow)} if slow else {}
    net = pl.Network([10, 8, 2], rng=np.random.default_rng(0))
    return pl.train(net, (X, y), pl.SGD(rate), epochs=epochs, batch_size=200, rng=np.random.default_rng(0),
                    dev=(X[:500], y[:500]), **wait, **more)
"""
CELLS = {
    "shown": "for epoch in training(slow=0.01): pass",
    "short": "for epoch in training(): pass",
    "break": "for epoch in training(slow=0.01):\n    if epoch.number == 5: break",
    "error": "for epoch in training(slow=0.01):\n    if epoch.number == 5: raise ValueError('mine')",
    "next": "epochs = training(slow=0.01)\nfor _ in range(6): next(epochs)",
    "thread": "from concurrent.futures import ThreadPoolExecutor\n"
    "with ThreadPoolExecutor(2) as pool: print(*pool.map(len, pool.map(lambda _: [*training(slow=0.01)], range(2))))",
    "fork": "import multiprocessing\ndef child(): list(training(slow=0.01))\n"
    "one = multiprocessing.get_context('fork').Process(target=child)\none.start(); one.join(); print(one.exitcode)",
    "off": "for epoch in training(slow=0.01, live=False): pass",
    "many": "for _ in range(6): list(training(slow=0.005))",
}


def points(root: Element) -> list[int]:
    """How many points each of the curves has; what is shorter is a sample of the legend."""
    return [n for line in root.all("polyline") if (n := len(line["points"].split())) > 2]


@pytest.fixture(scope="module")
def jupyter() -> dict[str, Any]:
    """The outputs of each cell, run by a kernel."""
    import nbformat
    from nbclient import NotebookClient

    may_raise = {"tags": ["raises-exception"]}
    cells = [nbformat.v4.new_code_cell(code, metadata=may_raise) for code in (START, *CELLS.values())]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert not notebook.cells[0].outputs
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells[1:], strict=True)}


def box(outputs: list[Any]) -> tuple[Element, str]:
    """The only box among the outputs of a cell: what it shows, and its words."""
    (one,) = [output for output in outputs if output.output_type == "display_data"]
    return read(one.data["text/html"]), one.data["text/plain"]


def test_a_training_is_one_display_with_its_curves(jupyter: dict[str, Any]) -> None:
    assert len(jupyter["shown"]) == 1
    root, words = box(jupyter["shown"])
    assert re.fullmatch(r"Training: 8 epochs in [\d.]+ s; train loss [\d.]+", words)
    assert [one.text for one in root.all("title")] == ["Loss by epoch", "Accuracy by epoch"]
    assert points(root) == [8] * 4
    assert root.all("progress")[0]["value"] == "1.0000"
    assert root.all("table")[0].rows()[1][0] == "8"


@pytest.mark.parametrize("cell", ["short", "off"])
def test_a_short_training_and_one_that_is_turned_off_show_nothing(jupyter: dict[str, Any], cell: str) -> None:
    assert jupyter[cell] == []


@pytest.mark.parametrize("cell", ["break", "error"])
def test_a_loop_that_ends_early_leaves_the_picture_of_its_end(jupyter: dict[str, Any], cell: str) -> None:
    root, words = box(jupyter[cell])
    assert words.startswith("Training: stopped after epoch 5 of 8, ")
    assert points(root) == [5] * 4
    assert [one.output_type for one in jupyter[cell]][1:] == (["error"] if cell == "error" else [])


def test_a_training_that_is_not_over_stands_where_it_is(jupyter: dict[str, Any]) -> None:
    assert re.fullmatch(r"Training: epoch \d of 8, .* left; train loss [\d.]+", box(jupyter["next"])[1])


@pytest.mark.parametrize(("cell", "said"), [("thread", "8 8\n"), ("fork", "0\n")])
def test_threads_and_forks_show_nothing(jupyter: dict[str, Any], cell: str, said: str) -> None:
    assert [(one.output_type, one.get("text")) for one in jupyter[cell]] == [("stream", said)]


def test_many_trainings_in_a_cell_share_the_last_box(jupyter: dict[str, Any]) -> None:
    assert [one.output_type for one in jupyter["many"]] == ["display_data"] * 4


MARIMO = {
    "shown": "list(training(slow=0.01))",
    "short": "list(training())",
    "break": "for _epoch in training(slow=0.01):\n    if _epoch.number == 5: break",
    "off": "list(training(slow=0.01, live=False))",
    "beside": "mo.output.append(mo.md('above'))\nlist(training(slow=0.01))\nmo.output.append(mo.md('below'))",
    "replaced": "for _epoch in training(slow=0.01): mo.output.replace(mo.md(f'mine {_epoch.number}'))",
    "many": "for _ in range(6): list(training(slow=0.005))",
}


@pytest.fixture(scope="module")
def marimo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The HTML that each cell of a marimo notebook has put out, run by marimo."""
    folder = tmp_path_factory.mktemp("marimo")
    cells = [("", START + "import marimo as mo", "mo, training")]
    cells += [("mo, training", code + ";None" * ("list" in code), "") for code in MARIMO.values()]
    text = "import marimo\napp = marimo.App()\n"
    for given, code, made in cells:
        text += f"@app.cell\ndef _({given}):\n{textwrap.indent(code, '    ')}\n    return {made}\n"
    (folder / "notebook.py").write_text(text)
    command = [sys.executable, "-m", "marimo", "export", "session", "notebook.py"]
    path = {**os.environ, "PYTHONPATH": str(Path(pellucid.__file__).parents[1])}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=path, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (session,) = folder.rglob("*.json")
    outputs = [cell["outputs"] for cell in json.loads(session.read_text())["cells"][1:]]
    return {name: one[0]["data"].get("text/html", "") for name, one in zip(MARIMO, outputs, strict=True)}


def test_marimo_shows_a_training_with_its_curves(marimo: dict[str, str]) -> None:
    root = read(marimo["shown"])
    assert "Training: 8 epochs in" in root.text
    assert len(root.all("progress")) == 1
    assert points(root) == [8] * 4


def test_marimo_shows_nothing_of_a_short_one_and_of_one_that_is_turned_off(marimo: dict[str, str]) -> None:
    assert marimo["short"] == marimo["off"] == ""


def test_marimo_shows_the_end_of_a_loop_that_breaks(marimo: dict[str, str]) -> None:
    root = read(marimo["break"])
    assert "Training: stopped after epoch 5 of 8" in root.text
    assert points(root) == [5] * 4


def test_in_marimo_the_box_stands_beside_what_the_cell_shows_itself(marimo: dict[str, str]) -> None:
    assert re.search("above.*Training.*below", read(marimo["beside"]).text, re.DOTALL)
    assert read(marimo["replaced"]).text.strip() == "mine 8"


def test_many_trainings_in_a_cell_of_marimo_share_the_last_box(marimo: dict[str, str]) -> None:
    assert marimo["many"].count("<progress") == 4  # the same training four times: so are their pictures, and their ids
