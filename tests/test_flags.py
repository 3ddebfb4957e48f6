"""The library names parameters, the command names flags: no text outside cli/ holds a flag, and each is translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import pellucid as pl
from pellucid import InputError, tables
from pellucid.cli.app import group
from pellucid.cli.flags import flag_of, in_flags
from pellucid.runs.settings import SETTINGS, Settings

HOUSE = Path(pl.__file__).parent
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
COMMAND_LINE = re.compile(r"pellucid (train|explain) .*")  # a whole line to paste, as a report shows it


def texts(file: Path) -> Iterator[tuple[int, str]]:
    """The string literals of a file with their lines; the parts of an f-string as one."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            values = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
            yield node.lineno, "".join(values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.lineno, node.value


def command(name: str) -> click.Command:
    found = group.get_command(click.Context(group), name)
    assert found is not None
    return found


PROPERTIES = {name for sheet in HOUSE.rglob("*.css") for name in re.findall(r"--[\w-]+", sheet.read_text("utf8"))}


@pytest.mark.parametrize("file", sorted(HOUSE.rglob("*.py")), ids=lambda file: str(file.relative_to(HOUSE)))
def test_no_text_outside_the_command_names_a_flag(file: Path) -> None:
    if file.is_relative_to(HOUSE / "cli") or file == HOUSE / "book" / "grading" / "cell_magic.py":
        return  # %%grade is typed with flags, too
    found = [(line, flag) for line, text in texts(file) for flag in FLAG.findall(COMMAND_LINE.sub("", text))]
    if file.is_relative_to(HOUSE / "render"):  # a style sheet's properties look alike
        found = [(line, flag) for line, flag in found if flag not in PROPERTIES]
    assert not found


def test_the_walk_sees_flags_where_they_are() -> None:
    assert any(FLAG.search(text) for _, text in texts(HOUSE / "cli" / "report.py"))
    assert FLAG.search("leave out --dev 0")
    assert not FLAG.search("a -- b, x--y, ---")


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("hidden=(0,): give", "--hidden 0: give"),
        ("hidden=(32, 16)", "--hidden 32,16"),
        ("hidden=[8]", "--hidden 8"),
        ("hidden=()", "--hidden none"),
        ("activation=('relu', 'tanh')", "--activation relu,tanh"),
        ("loss='squared-error' is for values", "--loss squared-error is for values"),
        ("learning_rate=1e-05", "--learning-rate 1e-05"),
        ("learning_rate=-1.0: give", "--learning-rate -1.0: give"),
        ("learning_rate=nan", "--learning-rate nan"),
        ("leave out dev=0.", "leave out --dev 0."),
        ("batch_size=None", "--batch-size all"),
        ("batch_size='all'", "--batch-size all"),
        ("clip_norm=None", "--clip-norm 0"),
        ("activation='relu', init='he'", "--activation relu --init he"),
        ("columns={'zip': 'category'}", "--column zip=category"),
        ("columns={'zip': 'category', 'a b': 'out'}", "--column zip=category --column 'a b=out'"),
        ("class_weights='yes=2,no=1'", "--class-weights yes=2,no=1"),
        ('weights="it\'s"', "--weights 'it'\"'\"'s'"),
        ("target='größe'", "--target größe"),
        ("out='runs/x': taken; or resume='runs/x'", "--out runs/x: taken; or pellucid train --resume runs/x"),
        (f"start_from={'C:' + chr(92) + 'm.st'!r}", "--start-from 'C:\\m.st'"),
    ],
)
def test_a_setting_becomes_its_flag(text: str, typed: str) -> None:
    assert in_flags(text, command("train")) == typed


@pytest.mark.parametrize(
    "text",
    [
        "price=3",  # no option
        "runs/epochs=3/d.csv: no such file",
        "epochs=3.csv: no such file",
        "loss=category",  # no value of Python
        "X = (X - X.mean(0)) / (X.std(0) + 1e-8)",
        "dW1 = 1/m * dZ1 @ X.T",
        "class w=1 and x=2",
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert in_flags(text, command("train")) == text


def test_only_the_options_of_the_command_are_translated() -> None:
    assert in_flags("target='y', points=3", command("landscape")) == "target='y', --points 3"
    assert in_flags("only='x': no title; least=0.0", command("lr-find")) == "only='x': no title; --from 0.0"
    assert in_flags("sample=9: there is none", command("explain")) == "--sample 9: there is none"


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "data"])
def test_every_setting_is_an_option_of_train(name: str) -> None:
    (option,) = [each for each in command("train").params if each.name == name]
    assert option.opts == [flag_of(name)]
    assert isinstance(option, click.Option)
    assert option.help


@pytest.mark.parametrize(
    ("arguments", "settings", "library", "typed"),
    [
        (["--hidden", "0"], {"hidden": (0,)}, "hidden=(0,): give", "error: --hidden 0: give"),
        (["--loss", "hinge"], {"loss": "hinge"}, "loss='hinge': not", "error: --loss hinge: not"),
        (["--dropout", "1"], {"dropout": 1.0}, "dropout=1.0: give", "error: --dropout 1.0: give"),
        (["--dev", "0", "--patience", "3"], {"dev": 0, "patience": 3}, "leave out dev=0", "leave out --dev 0"),
    ],
)
def test_a_data_frame_and_a_shell_are_told_the_same_in_their_words(
    arguments: list[str],
    settings: dict[str, Any],
    library: str,
    typed: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from pellucid.cli import main

    with pytest.raises(InputError, match=re.escape(library)):
        tables.fit({"x": [0.5, 1.5] * 20, "y": ["no", "yes"] * 20}, "y", **settings)
    file = tmp_path / "t.csv"
    file.write_text("x,y\n" + "0.5,no\n1.5,yes\n" * 20)
    assert main(["train", str(file), "--target", "y", *arguments, "--out", str(tmp_path / "run")]) == 2
    assert typed in capsys.readouterr().err


def test_a_class_that_is_registered_later_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.core.activations import ACTIVATIONS

    monkeypatch.setitem(ACTIVATIONS, "own", pl.Tanh)
    assert Settings(activation="own").activation == ("own",)  # type: ignore[arg-type]
