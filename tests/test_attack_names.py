"""A name is a text: whatever a stranger's table, model or file is called, it runs, moves and hides nothing."""

import ast
import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pellucid import InputError, Model, Network, SquaredError, export, landscape, load_model, save_model
from pellucid._text import csv_line, visible
from pellucid.model.columns import Category, Date, Number, Target
from pellucid.model.preprocessing import Preprocessing
from pellucid.render import pictures
from pellucid.render.model_page import model_page
from pellucid.render.report import page as report_page
from support import Command, sent_to_a_terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no files with such names")

TOUCH = "__import__('pathlib').Path('canary').touch()"
LETTERS = [*"\x00\x07\x08\t\n\x0b\x0c\r\x1b\x1c\x1d\x1e\x7f\x85\x9b\xa0\xad\u200b\u200e\u2028\u2029\u202e\u2066\ufeff"]
ATTACKS = (
    *(f"a{letter}{TOUCH}#" for letter in LETTERS), f"b\r{TOUCH}\r\n", f"c'''\n{TOUCH}\n'''", f'd"""\n{TOUCH}\n"""',
    "e\\", "f\\'", "g\\u0022", f"{{{TOUCH}}}", "%s %(x)d", "$x ${style} $$", "# coding: rot13", "DATA[0]", "ABOUT",
    "SCALES", "the MEANS", "NAMES_HERE", "CLASSES_HERE", "GAPS_HERE", "MONDAY", "CYCLES", "__proto__", "constructor",
    "</script><script>window.pwned=1</script>", "<img src=x onerror='window.pwned=1'>", "<svg onload=window.pwned=1>",
    "'\" onmouseover=window.pwned=1 x=\"", "]]><!--", "&lt;b&gt; &#x202e;", "`x` | y | [z](javascript:window.pwned=1)",
    "![i](https://example.org/i)", "$\\frac{$", "$x_1$ \\$", ":smile: [bold]x[/bold]", "\x1b]0;pwned\x07",
    "\x1b]52;c;cHduZWQ=\x07", "\x1b[2J\x1b[1;1H", "=HYPERLINK(1)", "+1+2", "-2-3", "@SUM(A1)", "＝1+1", "'=1+1",
    "x" * 4000,
)  # fmt: skip
SENDABLE = tuple(name for name in ATTACKS if "\0" not in name and name.strip() == name)  # in a .csv
FILE = "\x1b]0;pwned\x07\x1b[2J<img src=x onerror='window.pwned=1'>\n$(touch canary)\u202e{}"
LIVE = re.compile(r"\x1b\[[0-9;]*m")  # the styles of a terminal, which are pellucid's own


def hidden(text: str) -> set[str]:
    """What a terminal would do something with, and not show."""
    return {mark for mark in LIVE.sub("", text) if not mark.isprintable()} - {"\n"}


def classifier(names: tuple[str, ...] = ATTACKS) -> Model:
    """A model of which every name is an attack: columns, levels, classes."""
    columns: list[Any] = [
        Category(name, tuple(names[k:] + names[:k])[:3], gaps=True) for k, name in enumerate(names[:-2])
    ]
    columns += [Number(names[-2], 1.0, 2.0, 0.5, gaps=True), Date(names[-1], 0.0, 1e3, 0.0, ("week",), form="%m/%d/%Y")]
    plan = Preprocessing(tuple(columns))
    return Model(
        Network([len(plan.inputs), 4, len(names)], rng=np.random.default_rng(0)), tuple(names), preprocessing=plan
    )


def values(names: Sequence[str] = ATTACKS, *, scale: float = 2.0, dtype: Any = np.float32) -> Model:
    """A model whose values are called so."""
    targets = tuple(Target(name, 10.0 * k, scale) for k, name in enumerate(names))
    plan = Preprocessing((Number(names[0], 0.0, 1.0, 0.0),), targets=targets)
    net = Network([1, 3, len(names)], loss=SquaredError(), rng=np.random.default_rng(0), dtype=dtype)
    return Model(net, preprocessing=plan)


def rows_of(model: Model, count: int = 20) -> list[dict[str, Any]]:
    assert model.preprocessing is not None
    rng = np.random.default_rng(1)
    cells = {
        column.name: rng.choice(column.levels, count).tolist() if isinstance(column, Category)
        else ["2026-01-05"] * count if isinstance(column, Date) else rng.normal(size=count).tolist()
        for column in model.preprocessing.columns
    }  # fmt: skip
    return [{name: found[k] for name, found in cells.items()} for k in range(count)]


def texts(tree: ast.AST) -> list[str]:
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def statements(tree: ast.AST) -> list[str]:
    return [type(node).__name__ for node in ast.walk(tree) if not isinstance(node, ast.Constant | ast.Load)]


@pytest.mark.parametrize("make", [classifier, values])
def test_a_script_holds_every_name_as_a_literal_and_says_what_the_model_says(make: Any, tmp_path: Path) -> None:
    model = make()
    export(model, tmp_path / "model.py", to="numpy")
    rows = rows_of(model)
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    asked = "import json, model; rows = json.load(open('rows.json')); print(json.dumps(%s))"
    what = "[model.CLASSES, model.predict(rows)]" if model.classes else "[model.NAMES, model.predict(rows).tolist()]"
    done = subprocess.run(
        [sys.executable, "-c", asked % what], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    names, said = json.loads(done.stdout)
    assert names == list(ATTACKS)
    columns: dict[str, Any] = {}
    for column in model.preprocessing.columns:
        cells = [20458.0 * 86400 if isinstance(column, Date) else row[column.name] for row in rows]
        columns[column.name] = np.array(cells, object if isinstance(column, Category) else float)
    outputs = model.in_units().predict(model.preprocessing.transform(columns))
    if model.classes:
        assert said == [ATTACKS[k] for k in outputs.argmax(axis=1)]
    else:
        assert np.array(said) == pytest.approx(outputs, rel=1e-5, abs=1e-5)
    assert not (tmp_path / "canary").exists()
    source = (tmp_path / "model.py").read_text(encoding="utf-8")
    assert hidden(source) == set()


@pytest.mark.parametrize("to", ["numpy", "pytorch"])
def test_no_name_changes_what_a_program_consists_of(to: str, tmp_path: Path) -> None:
    harmless = tuple(f"name {k}" for k in range(len(ATTACKS)))
    trees = []
    for names in (ATTACKS, harmless):
        export(
            classifier(names), tmp_path / "model.bin".replace("bin", "py" if to == "numpy" else "safetensors"), to=to
        )
        trees.append(ast.parse((tmp_path / "model.py").read_text(encoding="utf-8")))
        (tmp_path / "model.py").unlink()
    assert statements(trees[0]) == statements(trees[1])
    wanted = classifier(ATTACKS).preprocessing
    assert wanted is not None
    assert set(wanted.inputs if to == "pytorch" else ATTACKS) <= set(texts(trees[0]))


def test_weights_for_pytorch_in_a_file_of_any_name_are_loaded_by_that_name(tmp_path: Path) -> None:
    path = tmp_path / "a'\n\r\udcff.safetensors"
    export(Model(Network([2, 2])), path, to="pytorch")
    tree = ast.parse(path.with_suffix(".py").read_bytes())
    assert path.name in texts(tree)


def test_a_script_prints_no_escape_on_a_terminal_and_no_formula_into_a_table(tmp_path: Path) -> None:
    model = classifier(SENDABLE)
    export(model, tmp_path / "model.py", to="numpy")
    with (tmp_path / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, SENDABLE)
        table.writeheader()
        table.writerows(rows_of(model))
    done = subprocess.run([sys.executable, "model.py", "rows.csv"], cwd=tmp_path, capture_output=True, check=True)
    header, *lines = csv.reader(io.StringIO(done.stdout.decode(), newline=""))
    assert header == ["prediction", *(f"probability_{name}" for name in SENDABLE)]
    assert not any(re.match(r"[=+\-@\t\r＝]", cell) for line in lines for cell in line)
    (tmp_path / "\x1b[2J.csv").write_text("\x1b[2J\n1\n")
    done = subprocess.run([sys.executable, "model.py", "\x1b[2J.csv"], cwd=tmp_path, capture_output=True, check=False)
    assert hidden(done.stderr.decode()) == set()


def test_the_same_model_gives_the_same_bytes_for_pytorch(tmp_path: Path) -> None:
    written = set()
    for k in range(6):
        export(values(), tmp_path / "m.safetensors", to="pytorch", force=k > 0)
        written.add((tmp_path / "m.safetensors").read_bytes())
    assert len(written) == 1


@pytest.mark.parametrize(("scale", "kind"), [(2.0, np.float32), (1e40, np.float64), (1e-60, np.float64)])
def test_a_target_of_any_size_has_weights_for_pytorch(scale: float, kind: Any, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    model = values(("y",), scale=scale)
    export(model, tmp_path / "m.safetensors", to="pytorch")
    tensors = load_file(tmp_path / "m.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(kind)}
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())
    assert tensors["2.weight"] == pytest.approx(model.in_units().layers[-1].W, rel=1e-6)
    assert ".double()" in (tmp_path / "m.py").read_text() or kind == np.float32


@pytest.mark.parametrize(("to", "name"), [("numpy", "numpy.py"), ("numpy", "csv.py"), ("pytorch", "torch.safetensors")])
def test_a_script_called_like_a_module_that_it_needs_is_refused(to: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="would be taken for Python's module"):
        export(classifier(), tmp_path / name, to=to)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["=1+1", "+1+2", "-2-3", "@x", "\tx", "\rx", "＝1", "'=1", "=cmd|' /C calc'!A0"])
def test_a_text_that_a_spreadsheet_would_compute_stands_behind_an_apostrophe(text: str) -> None:
    (cells,) = csv.reader(io.StringIO(csv_line([text, 1]), newline=""))
    assert cells == [f"'{text}", "1"]


@pytest.mark.parametrize("text", ["-1", "+1", "-1.5e-3", "a=b", "-", 'a "b", c', "a\rb\nc", " x ", "x;y"])
def test_every_other_text_is_read_back_from_a_table_as_it_is(text: str) -> None:
    line = csv_line([text, -1.5])
    assert list(csv.reader(io.StringIO(line, newline=""))) == [[text, "-1.5"]]
    read = pl.read_csv(line.encode(), has_header=False, infer_schema=False)
    assert read.row(0) == (text, "-1.5")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table of which every name is an attack, and a run that learned from it."""
    folder = tmp_path_factory.mktemp("attacked")
    rng = np.random.default_rng(0)
    names = SENDABLE
    with (folder / FILE.format(".csv")).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["\x1b[2Jsize", names[5], "<b>\u202eheight", "=target\x1b]0;pwned\x07"])
        for k in range(6 * len(names)):
            level = names[rng.integers(len(names))]
            table.writerow([repr(rng.normal()), level, repr(rng.normal()), names[k % len(names)]])
    words = [
        "train",
        FILE.format(".csv"),
        "--target",
        "=target\x1b]0;pwned\x07",
        "--out",
        FILE.format("run"),
        "--epochs",
        "2",
    ]
    environment = {**os.environ, "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-m", "pellucid", *words], cwd=folder, env=environment, capture_output=True, check=False
    )
    (folder / "train.out").write_bytes(done.stdout)
    (folder / "train.err").write_bytes(done.stderr)
    assert done.returncode == 0, done.stderr
    return folder


DONE = (
    ["evaluate", "RUN"], ["evaluate", "RUN", "--quiet"], ["predict", "RUN", "FILE"], ["report", "RUN"],
    ["importance", "RUN", "--repeats", "1"], ["explain", "RUN", "--top", "500"],
    ["explain", "RUN", "--top", "500", "--markdown"],
    ["landscape", "RUN", "--points", "3", "--out", "\x1b[2J.html"],
)  # fmt: skip
REFUSED = (
    ["explain", "RUN", "--against", "\x1b[2J\n\u202e" * 300], ["predict", "RUN", "\x1b[2J\nno\u202e.csv"],
    ["predict", "RUN", "x" * 4000], ["export", "RUN", "--to", "\x1b[2J", "--out", "x"], ["x\x1b[2J"],
    ["train", "FILE", "--target", "\x1b[2J" * 200], ["train", "FILE", "--\x1b[2J"],
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code"), [*((words, 0) for words in DONE), *((words, 2) for words in REFUSED)],
    ids=lambda words: visible(" ".join(words))[:40] if isinstance(words, list) else None,
)  # fmt: skip
def test_a_command_prints_what_is_in_a_name_and_nothing_that_acts(
    words: list[str], code: int, attacked: Path, pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(attacked)
    ended = pellucid(*({"RUN": FILE.format("run"), "FILE": FILE.format(".csv")}.get(word, word) for word in words))
    assert ended.code == code, ended.err
    assert hidden(ended.out) | hidden(ended.err) == set()
    assert all(len(line) <= 500 for line in ended.err.splitlines())
    assert code == 0 or (ended.out, ended.err.count("\n")) == ("", 1)
    assert not (attacked / "canary").exists()


def test_training_prints_nothing_that_acts(attacked: Path) -> None:
    assert hidden((attacked / "train.out").read_text()) | hidden((attacked / "train.err").read_text()) == set()


def test_an_explanation_in_markdown_holds_no_markup_of_a_name(
    attacked: Path, pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(attacked)
    said = pellucid("explain", FILE.format("run"), "--top", 500, "--markdown").out
    prose = re.sub(r"```.*?```|`[^`]*`", "", said, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)[<\[$]", prose)


def test_a_message_ends_with_what_to_do_however_long_the_name_is(pellucid: Command) -> None:
    ended = pellucid("predict", "folder/" * 300 + "x.png")
    assert ended.code == 2
    assert len(ended.err) == 501
    assert ended.err.endswith("x.png: there is no such file; check the spelling and the folder\n")


def test_predictions_in_a_table_are_read_back_and_none_is_a_formula(
    attacked: Path, pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(attacked)
    assert pellucid("predict", FILE.format("run"), FILE.format(".csv"), "--out", "p.csv", "--force").code == 0
    with Path("p.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    classes = load_model(next(attacked.glob("*run")) / "model.safetensors").class_names
    assert header == ["input", "row", "prediction", *(f"probability_{name}" for name in classes)]
    assert {len(row) for row in rows} == {len(header)}
    assert not any(re.match(r"[=+\-@\t\r＝].", cell) for row in rows for cell in row[:3])
    assert {row[2].removeprefix("'") for row in rows} <= {name.removeprefix("'") for name in classes}
    frame = pl.read_csv("p.csv", infer_schema=False)
    assert frame.shape == (len(rows), len(header))


def policies(markup: str) -> list[str]:
    return re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', markup)


def pages(attacked: Path) -> dict[str, str]:
    model = classifier()
    surface = landscape.compute(model.network, (np.eye(model.network.sizes[0])[:9], np.arange(9)), points=5)
    return {
        "export": model_page(model), "export of values": model_page(values()),
        "landscape": landscape.page(surface, FILE), "report": report_page(next(attacked.glob("*run"))),
    }  # fmt: skip


def test_every_page_allows_its_own_style_and_script_and_nothing_unsafe(attacked: Path) -> None:
    import base64
    import hashlib

    for markup in pages(attacked).values():
        (policy,) = policies(markup)
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'")
        assert not re.search(r"<[^>]*\sstyle=", markup)
        for kind in ("style", "script"):
            own = re.findall(rf"<{kind}>(.*?)</{kind}>", markup, re.DOTALL)
            assert len(own) == 1 or (kind == "script" and f"{kind}-src" not in policy)
            for text in own:
                assert (
                    f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
                )
        assert hidden(markup) == set()


def test_of_many_classes_evaluate_prints_the_worst_and_those_confused_most(pellucid: Command) -> None:
    classes = 1001
    names = tuple(f"class {k}" for k in range(classes))
    save_model(Model(Network([2, classes], rng=np.random.default_rng(0)), names), "many.safetensors")
    X = np.random.default_rng(0).normal(size=(2002, 2)).astype(np.float32)
    np.savez("many.npz", X=X, y=np.array(names)[np.arange(2002) % classes])
    ended = pellucid("evaluate", "many.safetensors", "many.npz")
    said = json.loads(pellucid("evaluate", "many.safetensors", "many.npz", "--json").out)
    assert ended.out.count("\n") < 60
    assert "the 20 pairs of classes that are confused most often" in ended.out
    assert said["confusion"] is None
    assert len(said["confused"]) == 100
    assert len(said["per_class"]) == classes
    times = [pair["times"] for pair in said["confused"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.slow
def test_pages_full_of_attacks_run_nothing_and_ask_for_nothing(attacked: Path, browser: Any, tmp_path: Path) -> None:
    for name, markup in pages(attacked).items():
        path = tmp_path / f"{name}.html"
        path.write_text(markup, encoding="utf-8")
        said: list[str] = []
        asked: list[str] = []
        shown = browser.new_page()
        shown.on("pageerror", lambda fault, said=said: said.append(str(fault)))
        shown.on("console", lambda one, said=said: said.append(one.text))
        shown.on("dialog", lambda one, said=said: said.append(one.message))
        shown.on("request", lambda one, asked=asked: asked.append(one.url))
        shown.goto(path.as_uri())
        assert shown.evaluate("window.pwned ?? null") is None
        assert (
            shown.evaluate("[...document.querySelectorAll('[onerror],[onload],[onmouseover],img[src=x],b b')].length")
            == 0
        )
        assert hidden(shown.evaluate("document.body.innerText")) <= {"\t"}
        assert said == []
        assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [path.as_uri()]
        shown.close()


def test_a_picture_shows_names_as_they_are_and_takes_none_for_mathematics(tmp_path: Path) -> None:
    names = ("$\\frac{$", "$x_1$", "a\x1b[2J", "\udcff", "\u202eb")
    written = pictures.style.render(pictures.confusion(np.eye(5), names), ".svg").decode()
    drawn = "".join(re.findall(r"<!-- (.*?) -->", written))
    assert all(visible(name) in drawn for name in names)
    assert hidden(written) == set()


@pytest.mark.slow
def test_on_a_terminal_nothing_moves_and_every_name_can_be_seen(attacked: Path) -> None:
    import pyte

    run, table = FILE.format("run"), FILE.format(".csv")
    for words in (["evaluate", run], ["predict", run, table], ["explain", run], ["importance", run, "--repeats", "1"],
                  ["predict", run, "no" + table], ["train", table, "--target", "\x1b[2J\n"]):  # fmt: skip
        sent = sent_to_a_terminal([sys.executable, "-m", "pellucid", *words], attacked, 300, 400)
        screen = pyte.Screen(300, 400)
        pyte.ByteStream(screen).feed(sent)
        assert screen.title == screen.icon_name == ""
        shown = "\n".join(line.rstrip() for line in screen.display).rstrip()
        assert "\\x1b" in shown
        acts = set(re.findall(r"\x1b(?:\[[0-9;?]*[^0-9;?]|[^\[])", sent.decode()))
        assert all(re.fullmatch(r"\x1b\[([0-9;]*m|2K|1A|\?25[lh])", act) for act in acts), acts
        assert hidden(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent.decode())) <= {"\r"}


@pytest.mark.slow
def test_pytorch_loads_what_was_exported_under_attack(tmp_path: Path) -> None:
    export(classifier(), tmp_path / "model.safetensors", to="pytorch")
    done = subprocess.run(
        [sys.executable, "-c", "import model, json; print(json.dumps(model.inputs))"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    plan = classifier().preprocessing
    assert plan is not None
    assert json.loads(done.stdout) == list(plan.inputs)
    assert not (tmp_path / "canary").exists()
