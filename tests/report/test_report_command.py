"""``pellucid report``, and the report that ``pellucid train`` leaves behind: no fault of it can harm the run."""

import errno
import json
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid._files import writing as writing_module
from report.html_reader import read, table
from support import Command, Ended

report_page: Any = import_module("pellucid.render.report.page")  # the package has a function of its name
FLAGS = ("--epochs", 2, "--hidden", "6", "--out", "run")


@pytest.fixture
def values() -> Path:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((120, 3))
    np.savez("v.npz", X=X, y=(X[:, 0] > 0).astype(int))
    return Path("v.npz")


def test_train_leaves_a_report_and_says_so(pellucid: Command, values: Path) -> None:
    ended = pellucid("train", values, *FLAGS)
    assert "open run/report.html " in ended.out
    lines = [line for line in ended.out.splitlines() if line.startswith("  ") and " run" in line]
    assert len({len(line) - len(line.split("  ")[-1].lstrip()) for line in lines}) == 1  # the words stand in one column
    root = read(Path("run/report.html").read_text(encoding="utf-8"))
    assert "stood out" in root.all("header")[0].text
    result = json.loads(pellucid("train", "--resume", "run", "--json").out)
    assert table(root, "The trained network")[2][3] == f"{100 * result['dev']['accuracy']:.2f} %"


@pytest.mark.parametrize("flag", ["--json", "--quiet"])
def test_it_is_written_without_a_word_too(pellucid: Command, values: Path, flag: str) -> None:
    ended = pellucid("train", values, *FLAGS, flag)
    assert "report" not in ended.out.replace("report_", "")
    read(Path("run/report.html").read_text(encoding="utf-8"))


def test_report_makes_it_again_where_it_is_wanted(pellucid: Command, values: Path) -> None:
    pellucid("train", values, *FLAGS, "-q")
    first = Path("run/report.html").read_text(encoding="utf-8")
    Path("run/report.html").unlink()
    assert json.loads(pellucid("report", "run", "--json").out) == {"report": str(Path("run/report.html"))}
    again = Path("run/report.html").read_text(encoding="utf-8")
    assert read(again).all("h1")[0].text == read(first).all("h1")[0].text
    assert pellucid("report", "run", "--out", "x.html", "-q").out == "x.html\n"
    assert Path("x.html").read_text(encoding="utf-8") == again
    assert "open it in a browser" in pellucid("report", "run").out


def test_a_finished_run_is_left_as_it_is_and_a_longer_one_gets_a_new_report(pellucid: Command, values: Path) -> None:
    pellucid("train", values, *FLAGS, "-q")
    path = Path("run/report.html")
    before = path.stat().st_mtime_ns
    assert pellucid("train", "--resume", "run").code == 0
    assert path.stat().st_mtime_ns == before
    assert pellucid("train", "--resume", "run", "--epochs", 4, "-q").code == 0
    assert len(table(read(path.read_text(encoding="utf-8")), "Loss by epoch")) == 5


def test_a_full_disk_costs_the_report_and_nothing_else(
    pellucid: Command, values: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes, *, durable: bool = True) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(report_page, "write_whole", full)
    ended = pellucid("train", values, "--epochs", 2, "--out", "my run", "--json")
    assert ended.code == 0
    assert set(json.loads(ended.out)) >= {"run", "model", "train"}
    assert "the report could not be written" in ended.err
    assert "pellucid report 'my run'" in ended.err
    assert len(ended.err.splitlines()) == 1
    assert not Path("my run/report.html").exists()
    assert pl.load("my run/model.safetensors").sizes[0] == 3
    monkeypatch.setattr(report_page, "write_whole", writing_module.write_whole)
    assert pellucid(*shlex.split(ended.err.split("for its report: pellucid ")[1])).code == 0
    assert Path("my run/report.html").is_file()


def test_ctrl_c_during_the_report_leaves_a_whole_run(
    pellucid: Command, values: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(report_page, "_sections", interrupted)
    ended = pellucid("train", values, *FLAGS)
    assert ended.code == 130
    assert "the run is complete; for its report: pellucid report run" in ended.err
    assert pellucid("train", "--resume", "run").code == 0


def test_data_that_have_gone_are_said_to_have(pellucid: Command, values: Path) -> None:
    pellucid("train", values, *FLAGS, "-q")
    values.unlink()
    ended = pellucid("report", "run")
    assert ended.code == 0
    assert "the predictions are left out. The data are not there as they were: v.npz" in ended.err
    assert not [one for one in read(Path("run/report.html").read_text()).all("section") if one["id"] == "mistakes"]


def refused(ended: Ended, *needles: str) -> None:
    assert ended.code == 2
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) == 1
    for needle in needles:
        assert needle in ended.err


def test_what_is_no_run_is_refused(pellucid: Command, values: Path) -> None:
    refused(pellucid("report", "nowhere"), "nowhere", "not the folder of a run")
    refused(pellucid("report", values), "v.npz", "not the folder of a run")
    refused(pellucid("report"), "RUN")
    pellucid("train", values, *FLAGS, "-q")
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    refused(pellucid("report", "run", "--out", "run/run.json"), "run/run.json", ".html")
    refused(pellucid("report", "run", "--out", "no/such/x.html"), "no/such/x.html")
    Path("folder.html").mkdir()
    refused(pellucid("report", "run", "--out", "folder.html"), "folder.html")
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before
    Path("run/checkpoint.safetensors").write_bytes(b"cut")
    refused(pellucid("report", "run"), "checkpoint.safetensors")
    about = json.loads(Path("run/run.json").read_text())
    Path("run/run.json").write_text(json.dumps({**about, "result": 3}))
    refused(pellucid("report", "run"), "run.json", "damaged")


def test_a_run_that_was_interrupted_is_told_to_go_on(pellucid: Command, values: Path) -> None:
    pellucid("train", values, *FLAGS, "-q")
    about = json.loads(Path("run/run.json").read_text())
    Path("run/run.json").write_text(json.dumps({**about, "result": None}))
    refused(pellucid("report", "run"), "not finished", "pellucid train --resume run")
