"""``pellucid landscape``: what it writes, what it says, what it refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from pellucid import datasets
from pellucid.cli.models import PACKAGED
from support import Command


def numbers(pellucid: Command, *arguments: object) -> dict:  # type: ignore[type-arg]
    ended = pellucid("landscape", *arguments, "--json")
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out, parse_constant=pytest.fail)  # type: ignore[no-any-return]


def test_a_run_gives_its_path_and_a_page_in_its_folder(pellucid: Command, run: Path) -> None:
    said = numbers(pellucid, run, "--points", 7)
    assert said["out"] == [str(run / "landscape.html")]
    assert (run / "landscape.html").read_text().startswith("<!doctype html>")
    assert said["directions"] == "path"
    assert 0 < said["shares"][1] <= said["shares"][0] < 1
    assert len(said["alphas"]) == len(said["betas"]) == len(said["losses"]) == said["points"] == 7
    assert said["path"]["steps"][0] == 0
    assert said["path"]["steps"][-1] == 108
    assert said["path"]["points"][-1] == pytest.approx([0, 0], abs=1e-9)
    evaluated = json.loads(pellucid("evaluate", run, "--json").out)
    assert said["samples"] == evaluated["samples"]
    assert said["centre"]["loss"] == pytest.approx(evaluated["loss"], abs=1e-6)
    least = min(min(row) for row in said["losses"])
    assert said["lowest"]["loss"] == least
    (run / "landscape.html").unlink()


def test_a_model_gives_random_directions_and_a_page_here(pellucid: Command, small: Path) -> None:
    said = numbers(pellucid, PACKAGED, "--data", small, "--points", 5, "--samples", 100)
    assert said["out"] == ["landscape.html"]
    assert Path("landscape.html").is_file()
    assert said["directions"] == "random"
    assert (said["shares"], said["path"]) == (None, None)
    assert said["samples"] == 100
    assert said["alphas"] == pytest.approx([-1, -0.5, 0, 0.5, 1])


def test_without_a_model_it_is_the_one_that_comes_along(pellucid: Command) -> None:
    said = numbers(pellucid, "--points", 3)
    assert said["samples"] == 1000
    assert said["data"] == "mnist (test)"
    assert said["losses"][1][1] == said["centre"]["loss"]


def test_the_same_seed_the_same_files_and_another_seed_others(pellucid: Command, small: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        files = [part for suffix in ("csv", "json", "npz", "html") for part in ("--out", f"{name}.{suffix}")]
        assert pellucid("landscape", "--data", small, "--points", 5, "--seed", seed, *files).code == 0
    for suffix in ("csv", "json", "npz", "html"):
        a, b, c = (Path(f"{name}.{suffix}").read_bytes() for name in "abc")
        assert a == b, suffix
        assert a != c, suffix


def test_all_formats_hold_the_same_numbers(pellucid: Command, run: Path) -> None:
    files = ("--out", "l.csv", "--out", "l.json", "--out", "l.npz")
    said = numbers(pellucid, run, "--points", 5, *files)
    assert said["out"] == ["l.csv", "l.json", "l.npz"]
    assert not (run / "landscape.html").exists()
    with Path("l.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["loss"]) for row in rows] == [loss for line in said["losses"] for loss in line]
    assert [float(row["alpha"]) for row in rows[:5]] == said["alphas"]
    assert [float(row["beta"]) for row in rows[::5]] == said["betas"]
    written = json.loads(Path("l.json").read_text())
    assert written == {key: said[key] for key in written}
    with np.load("l.npz", allow_pickle=False) as arrays:
        assert arrays["losses"].tolist() == said["losses"]
        assert arrays["path_points"].tolist() == said["path"]["points"]
        assert arrays["path_steps"].tolist() == said["path"]["steps"]


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("PDF", b"%PDF")])
def test_pictures(pellucid: Command, run: Path, suffix: str, start: bytes) -> None:
    assert pellucid("landscape", run, "--points", 5, "--out", f"l.{suffix}").code == 0
    assert Path(f"l.{suffix}").read_bytes().startswith(start)


def test_text_tells_plane_path_and_extremes(pellucid: Command, run: Path) -> None:
    lines = pellucid("landscape", run, "--points", 5, "--out", "page.html").out.splitlines()
    assert [line.split(":")[0] for line in lines[1:5]] == ["plane", "path", "lowest", "highest"]
    assert "at the trained θ" in lines[0]
    assert "% of its variance" in lines[1]
    assert "step 0 to 108" in lines[2]
    assert lines[-2].startswith("5 × 5 points in")
    assert lines[-1] == "page.html"
    quiet = pellucid("landscape", run, "--points", 5, "--out", "page.html", "--quiet").out.splitlines()
    assert quiet == [lines[0], lines[-1]]


def test_values_and_two_classes(pellucid: Command, digits: datasets.Samples) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 3))
    np.savez("line.npz", X=X, y=X @ [1.0, -2.0, 0.5])
    two = digits.y < 2
    np.savez("two.npz", X=digits.X[two], y=digits.y[two])
    for name, flags in (("line.npz", ()), ("two.npz", ("--loss", "binary-cross-entropy"))):
        assert pellucid("train", name, *flags, "--epochs", 5, "--out", f"run-{name}", "-q").code == 0
        for directions in ("path", "random"):
            said = numbers(pellucid, f"run-{name}", "--points", 5, "--directions", directions)
            evaluated = json.loads(pellucid("evaluate", f"run-{name}", "--json").out)
            assert said["centre"]["loss"] == pytest.approx(evaluated["loss"], abs=1e-6)


def test_a_span_that_reaches_too_far_is_said(pellucid: Command) -> None:
    files = ("--out", "l.json", "--out", "l.html", "--out", "l.png")
    ended = pellucid("landscape", "--points", 3, "--samples", 10, "--span", 1e30, *files)
    assert ended.code == 0
    assert "no number: at 8 of the points; --span" in ended.out
    assert json.loads(Path("l.json").read_text(), parse_constant=pytest.fail)["losses"][0][0] is None
    assert "At 8 points of the grid the loss is no number." in Path("l.html").read_text()


BAD = [
    ("nothing.safetensors", ("nothing.safetensors", "no such file")),
    ("small.npz", ("small.npz", "safetensors")),
    ("--data nothing.csv", ("nothing.csv", "no such file")),
    ("--data narrow.npz", ("narrow.npz", "2 inputs", "784")),
    ("--out l.gif", ("--out l.gif", ".html", ".png")),
    ("--out l", ("--out l", ".html")),
    ("--out no/where.html", ("--out no/where.html", "no folder no")),
    ("--out folder.png", ("--out folder.png", "is a folder")),
    ("--data small.npz --out small.npz", ("--out small.npz", "choose another name")),
    ("--out l.png --out l.bmp", ("--out l.bmp",)),
    ("--points 2", ("--points", "3")),
    ("--points 252", ("--points", "251")),
    ("--points many", ("--points", "many")),
    ("--span 0", ("--span",)),
    ("--span -1", ("--span",)),
    ("--span nan", ("span", "nan")),
    ("--samples 0", ("--samples",)),
    ("--seed -1", ("--seed",)),
    ("--directions up", ("--directions", "path", "random")),
    ("--directions path", ("--directions path", "give the folder of a run", "--directions random")),
    ("short", ("short", "different θ", "--directions random")),
    ("one two", ("two",)),
    ("folder.png", ("folder.png", "not that of a run")),
    ("unfinished", ("unfinished", "--resume")),
]


@pytest.mark.parametrize(("arguments", "needles"), BAD, ids=[arguments for arguments, _ in BAD])
def test_bad_input_is_one_message_and_nothing_is_written(
    pellucid: Command, small: Path, run: Path, arguments: str, needles: tuple[str, ...]
) -> None:
    np.savez("narrow.npz", X=np.ones((4, 2)), y=np.arange(4))
    Path("folder.png").mkdir()
    if arguments in ("short", "unfinished"):
        assert pellucid("train", small, "--epochs", 1, "--batch-size", "all", "--out", arguments, "-q").code == 0
    if arguments == "unfinished":
        Path("unfinished/model.safetensors").unlink()
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    ended = pellucid("landscape", *arguments.split())
    assert ended.code == 2, ended.out
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith("error: ")
    for needle in needles:
        assert needle in ended.err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_a_runs_own_data_is_never_overwritten(pellucid: Command, small: Path) -> None:
    assert pellucid("train", small, "--epochs", 3, "--out", "run", "-q").code == 0
    before = small.read_bytes()
    ended = pellucid("landscape", "run", "--points", 3, "--out", small)
    assert ended.code == 2
    assert "choose another name" in ended.err
    assert small.read_bytes() == before


@pytest.mark.parametrize("name", ["run.json", "history.csv"])
def test_the_record_of_a_run_is_never_overwritten(pellucid: Command, small: Path, name: str) -> None:
    assert pellucid("train", small, "--epochs", 3, "--out", "run", "-q").code == 0
    before = Path("run", name).read_bytes()
    ended = pellucid("landscape", "run", "--points", 3, "--out", f"run/../run/{name}")
    assert (ended.code, ended.out) == (2, "")
    assert "belongs to the run" in ended.err
    assert Path("run", name).read_bytes() == before


def test_losses_beyond_what_a_page_holds_are_drawn_without_a_warning(pellucid: Command) -> None:
    rng = np.random.default_rng(0)
    np.savez("huge.npz", X=rng.standard_normal((60, 3)) * 1e200, y=rng.integers(2, size=60))
    assert pellucid("train", "huge.npz", "--epochs", 2, "--dtype", "float64", "--out", "run", "-q").code == 0
    ended = pellucid("landscape", "run", "--directions", "random", "--points", 3, "--out", "l.html")
    assert (ended.code, ended.err) == (0, "")
    assert max(map(len, ended.out.splitlines())) < 100  # and no number fills a line


def test_it_is_public(pellucid: Command) -> None:
    assert pl.landscape.compute is not None
    assert "landscape" in pellucid("--help").out
    ended = pellucid("landscape", "--help")
    for flag in ("--directions", "--points", "--span", "--samples", "--out", "--data", "--json"):
        assert flag in ended.out
