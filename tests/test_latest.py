"""The word `latest` stands for the run that was started last in a folder, in every command, wherever that run is."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid as pl
from pellucid._files import latest
from pellucid.runs import read_run
from support import Command

TABLE = Path(__file__).parents[1] / "examples" / "penguins.csv"
MEASURED = re.compile(r"\d+\.\d+ s\b")  # what is another number each time
TRAIN = ("train", "penguins.csv", "--target", "species", "--epochs", 8, "-q")


@pytest.fixture(autouse=True)
def table(pellucid: Command) -> None:
    shutil.copy(TABLE, "penguins.csv")


def train(pellucid: Command, *more: object) -> None:
    ended = pellucid(*TRAIN, *more)
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize(
    "links", [pytest.param(True, marks=pytest.mark.skipif(os.name == "nt", reason="no links")), False]
)
def test_it_leads_to_the_last_run_wherever_that_is(
    links: bool, pellucid: Command, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By a link, or by a file with the path."""
    monkeypatch.setattr(latest, "LINKS", links)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "run"
    for out in (None, Path("runs/named"), Path("here"), elsewhere, Path("deep/er")):
        train(pellucid, *(() if out is None else ("--out", out)))
        run = out or next(path for path in Path("runs").iterdir() if path.name != "latest")
        assert Path("runs/latest").is_symlink() == links
        assert Path(latest.resolved("latest")).samefile(run)
        assert read_run("latest").folder == Path(latest.resolved("latest"))
        assert pl.load_model("latest").network.theta.tolist() == pl.load(run / "model.safetensors").theta.tolist()
    if links:
        assert Path("runs/latest/run.json").samefile("deep/er/run.json")
    else:
        assert Path("runs/latest").read_text() == f"{Path('..', 'deep', 'er')}\n"
    assert len(list(Path("runs").iterdir())) == 3  # two runs, and this


def test_it_stays_right_when_the_folder_is_moved(pellucid: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("old").mkdir()
    shutil.move("penguins.csv", "old")
    monkeypatch.chdir("old")
    train(pellucid, "--out", "run")
    monkeypatch.chdir("..")
    Path("old").rename("new")
    monkeypatch.chdir("new")
    assert latest.resolved("latest") == "run"


@pytest.mark.slow
def test_every_command_that_takes_a_run_takes_the_word(pellucid: Command) -> None:
    train(pellucid, "--out", "run")
    lines = (
        "evaluate latest", "evaluate latest penguins.csv", "predict latest penguins.csv",
        "importance latest --repeats 1", "explain latest --moved",
        "plot latest history --out h.png", "plot latest weights --out w.png",
        "landscape latest --points 3", "report latest", "check latest", "export latest --out m.py",
        "lr-find penguins.csv --target species --start-from latest --steps 20",
    )  # fmt: skip
    for line in lines:
        ended = pellucid(*line.split())
        assert ended.code == 0, ended.err
        named = pellucid(*line.replace("latest", "run").split(), *(["--force"] if "--out" in line else []))
        assert MEASURED.sub("", named.out) == MEASURED.sub("", ended.out.replace(" latest", " run"))
    assert Path("run/landscape.html").is_file()
    assert pellucid("train", "--resume", "latest", "--epochs", 9, "-q").code == 0
    assert read_run("run").settings.epochs == 9
    assert pellucid(*TRAIN, "--start-from", "latest", "--out", "next").code == 0
    assert read_run("next").settings.start_from == "run"  # and not the run that will be the last one


def test_a_file_or_a_folder_that_is_called_so_wins(pellucid: Command) -> None:
    train(pellucid, "--out", "run")
    train(pellucid, "--out", "latest")
    train(pellucid, "--out", "other")
    assert json.loads(pellucid("report", "latest", "--json").out)["report"] == str(Path("latest/report.html"))
    shutil.copy(TABLE, "rows.csv")
    shutil.rmtree("latest")
    Path("rows.csv").rename("latest")
    assert "latest: is not the folder of a run" in pellucid("report", "latest").err


def test_where_there_is_no_last_run_the_message_says_so(pellucid: Command) -> None:
    for line in ("evaluate latest", "predict latest penguins.csv", "train --resume latest", "report latest",
                 "train penguins.csv --target species --start-from latest", "explain latest"):  # fmt: skip
        ended = pellucid(*line.split())
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith("error: latest: no run was started in this folder (it has no "), line
    train(pellucid, "--out", "run")
    shutil.rmtree("run")
    assert pellucid("check", "latest").err == (
        "error: latest: the last run started here, run, is not there any more; name another run\n"
    )
    with pytest.raises(pl.InputError, match="is not there any more"):
        pl.load_model("latest")


def test_what_somebody_else_has_called_so_stays(pellucid: Command) -> None:
    Path("runs").mkdir()
    for make in (Path.mkdir, Path.touch, lambda path: path.write_text("a\nlist\n")):
        make(Path("runs/latest"))
        ended = pellucid(*TRAIN, "--out", "run")
        assert (ended.code, ended.err.split(". ")[0]) == (0, "note: the word latest does not stand for this run")
        assert "somebody's own" in pellucid("check", "latest").err
        shutil.rmtree("run")
        path = Path("runs/latest")
        path.rmdir() if path.is_dir() else path.unlink()
    assert "choose another name" in pellucid(*TRAIN, "--out", "runs/latest").err
    assert not Path("runs/latest").exists()


def test_where_it_cannot_be_kept_the_run_is_made_all_the_same(pellucid: Command) -> None:
    Path("runs").touch()
    ended = pellucid(*TRAIN, "--out", "run")
    assert ended.code == 0
    assert "note: the word latest does not stand for this run. runs: File exists" in ended.err


def test_it_leads_to_a_run_at_every_moment_while_several_processes_start_theirs(pellucid: Command) -> None:
    """And nothing is left beside it."""
    code = "import sys; from pellucid._files.latest import keep_latest\nfor _ in range(200): keep_latest(sys.argv[1])"
    names = ["one", "two", "three"]
    for name in names:
        Path(name).mkdir()
    latest.keep_latest("one")
    processes = [subprocess.Popen([sys.executable, "-c", code, name]) for name in names]
    while any(process.poll() is None for process in processes):
        assert latest.resolved("latest") in names
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert [path.name for path in Path("runs").iterdir()] == ["latest"]
