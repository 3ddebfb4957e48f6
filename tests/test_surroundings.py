"""What is around a command: closed streams, odd paths and locales, a home that is none; an answer or one message."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from fuzz.mutators import join_tensors, split_tensors
from fuzz.seeds import as_csv, picture
from pellucid.cli import main
from support import Command, Ended

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere paths are text, and links need rights")
NO_TEXT = os.fsdecode(b"n\xff")
TRAIN = ("train", "in.csv", "--target", "sold", "--hidden", 3, "--epochs", 2, "--out", "run", "--quiet")


@pytest.fixture
def run(pellucid: Command, tmp_path: Path) -> Path:
    (tmp_path / "in.csv").write_bytes(as_csv())
    assert pellucid(*TRAIN).code == 0
    return tmp_path / "run"


def one_message(ended: Ended, *words: str) -> None:
    assert ended.code == 2, ended
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    for word in words:
        assert word in ended.err


@pytest.mark.usefixtures("run")
def test_rows_cannot_come_from_a_closed_standard_input(pellucid: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    one_message(pellucid("predict", "run", "-"), "standard input is closed")


class Full(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def test_the_exit_code_is_right_where_nobody_can_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with contextlib.redirect_stderr(Full()):
        assert main(["predict", "none.csv"]) == 2


@LINUX
@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    "line",
    [
        "predict run in.csv --out LOOP.csv", "export run --to html --out LOOP.html", "export run --to pytorch --out LOOP.safetensors",
        "landscape run --points 3 --out LOOP.html", "report run --out LOOP.html", "plot run history --out LOOP.svg",
        "importance run --out LOOP.svg", "lr-find in.csv --target sold --steps 20 --out LOOP.csv", "data mnist --to csv --out LOOP",
        "train in.csv --target sold --out LOOP", "sweep in.csv --target sold --search hidden=3,4 --out LOOP", "train --resume LOOP", "import LOOP --out new.safetensors", "predict run LOOP",
        "doctor LOOP", "explain --image LOOP.png", "train LOOP --target sold", "report LOOP", "evaluate LOOP in.csv",
    ],
)  # fmt: skip
def test_a_link_to_itself_is_told_in_one_message(pellucid: Command, tmp_path: Path, line: str) -> None:
    for ending in ("", ".csv", ".html", ".svg", ".png", ".safetensors"):
        (tmp_path / f"loop{ending}").symlink_to(f"loop{ending}")
    one_message(pellucid(*line.replace("LOOP", "loop").split()), "loop")


@LINUX
def test_a_path_that_is_no_text_is_a_path(pellucid: Command, tmp_path: Path) -> None:
    data = tmp_path / f"{NO_TEXT}.csv"
    data.write_bytes(as_csv())
    for line in (
        "train DATA --target sold --hidden 3 --epochs 2 --out RUN", "evaluate RUN", "predict RUN DATA --out p.csv",
        "explain RUN --data DATA --markdown", "landscape RUN --data DATA --points 3 --directions random --out l.html --out l.csv --out l.json",
        "report RUN", "export RUN --to numpy --out NEW.py", "export RUN --to onnx --out NEW.onnx",
        "export RUN --to pytorch --out NEW2.safetensors", "import NEW2.safetensors --out NEW3.safetensors",
        "importance RUN --json", "train --resume RUN --epochs 3 --json",
    ):  # fmt: skip
        words = [
            word.replace("DATA", data.name).replace("RUN", NO_TEXT).replace("NEW", f"{NO_TEXT}-")
            for word in line.split()
        ]
        ended = pellucid(*words)
        assert ended.code == 0, (line, ended.err)
    assert "n\\udcff.csv,0," in (tmp_path / "p.csv").read_text(encoding="utf-8")


@LINUX
def test_a_folder_that_is_no_text_is_a_class_all_the_same(pellucid: Command, tmp_path: Path) -> None:
    for k in range(6):
        file = tmp_path / "set" / (NO_TEXT if k % 2 else "a") / f"{k}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture("PNG", size=8))
    assert pellucid("train", "set", "--hidden", 3, "--epochs", 1, "--out", "run", "--quiet").code == 0
    assert pl.load_model(tmp_path / "run" / "model.safetensors").classes == ("a", r"n\xff")
    for to, ending in (("onnx", ".onnx"), ("pytorch", ".safetensors"), ("numpy", ".py"), ("html", ".html")):
        assert pellucid("export", "run", "--to", to, "--out", f"e-{to}{ending}").code == 0


def test_half_of_a_character_in_a_models_names_is_refused(pellucid: Command, run: Path) -> None:
    header, data = split_tensors((run / "model.safetensors").read_bytes())
    about = json.loads(header["__metadata__"]["pellucid"])
    about["classes"][0] = "\ud800"
    header["__metadata__"]["pellucid"] = json.dumps(about)
    Path("m.safetensors").write_bytes(join_tensors(header, data))
    one_message(pellucid("export", "m.safetensors", "--to", "onnx", "--out", "m.onnx"), "halves of characters")


@pytest.mark.parametrize("coding", ["rot13", "hex", "no-such-one"])
def test_an_encoding_that_is_none_of_text_is_told(pellucid: Command, tmp_path: Path, coding: str) -> None:
    (tmp_path / "mine.py").write_text(f"# coding: {coding}\nx = 1\n")
    one_message(pellucid("doctor", "mine.py"), "mine.py: is not text")


@pytest.mark.parametrize("rate", ["5e-324", "1e-310", "1e38"])
def test_a_training_with_any_rate_has_its_report(pellucid: Command, tmp_path: Path, rate: str) -> None:
    (tmp_path / "in.csv").write_bytes(as_csv())
    ended = pellucid(*TRAIN[:3], "price", *TRAIN[4:], "--learning-rate", rate)
    assert ended.code == 0
    assert "could not be written" not in ended.err
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_loss_that_is_no_number_has_no_surface_and_no_gradients(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(as_csv())
    assert pellucid(*TRAIN, "--learning-rate", "1e300", "--dtype", "float64").code == 0
    one_message(pellucid("landscape", "run", "--points", 3, "--directions", "random"), "no surface to draw")
    one_message(pellucid("check", "run"), "no gradient can be compared")


def test_the_articles_lines_are_those_of_its_losses_for_values_too(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(as_csv())
    ended = pellucid(*TRAIN[:3], "price", "--recipe", "article", "--loss", "poisson", "--epochs", 20, "--out", "run")
    assert ended.code == 0, ended.err
    assert "train loss" in ended.out


def deep(layers: int, path: Path) -> Path:
    pl.save(pl.Network([4] * layers + [3], rng=np.random.default_rng(0)), path)
    np.savez(path.with_suffix(".npz"), X=np.eye(4), y=np.arange(4) % 3)
    return path


@pytest.mark.slow
def test_of_a_deep_network_fewer_gradients_are_checked(pellucid: Command, tmp_path: Path) -> None:
    ended = pellucid("check", deep(300, tmp_path / "m.safetensors"), "--json")
    assert 300 < json.loads(ended.out)["parameters_checked"] <= 500


@pytest.mark.alone
@pytest.mark.slow
def test_a_thousand_layers_are_explained_in_seconds(pellucid: Command, tmp_path: Path) -> None:
    deep(1000, tmp_path / "m.safetensors")
    words = [sys.executable, "-m", "pellucid", "explain", "m.safetensors", "--data", "m.npz"]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=30, check=False)
    assert ended.returncode == 0
    assert ended.stdout.count(b"Layer ") >= 1999


HOMES: dict[str, dict[str, str | None]] = {
    "no home": {"HOME": None},
    "a home that is none": {"HOME": "/proc/nothing", "XDG_CACHE_HOME": "/proc/nothing"},
}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


@LINUX
@pytest.mark.slow
@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize(
    "line",
    [
        "plot run history --out p.png",
        "importance run --out p.svg",
        "landscape run --points 5 --directions random --out p.pdf",
        "report run",
    ],
)
def test_matplotlib_says_nothing_of_a_home_that_is_none(tmp_path: Path, home: str, line: str) -> None:
    around = {name: text for name, text in {**os.environ, **HOMES[home]}.items() if text is not None}
    ended = subprocess.run(
        [sys.executable, "-m", "pellucid", *line.split()], cwd=tmp_path, env=around, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


@LINUX
@pytest.mark.slow
def test_a_locale_without_letters_changes_nothing_but_what_is_shown(tmp_path: Path) -> None:
    (tmp_path / "ü.csv").write_bytes(as_csv())
    for line in (
        "train ü.csv --target sold --hidden 3 --epochs 2 --out ö", "predict ö ü.csv --out é.csv", "explain ö", "report ö",
        "export ö --to numpy --out ñ.py", "landscape ö --points 3 --directions random --out ä.html", "train --help", "check ö",
    ):  # fmt: skip
        words = [sys.executable, "-m", "pellucid", *line.split()]
        ended = subprocess.run(words, cwd=tmp_path, env={**os.environ, **ASCII}, capture_output=True, check=False)
        assert ended.returncode == 0, (line, ended.stderr)
        assert line.endswith("--help") or ended.stdout.isascii()
