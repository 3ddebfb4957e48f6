"""The recipes of docs/adding.md, carried out: each adds a part at run time and takes it through all that uses it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid.core.arrays import AnyArray
from pellucid.core.registry import Registry
from pellucid.datasets.formats.registry import FORMATS
from pellucid.interop.export.registry import EXPORTERS
from pellucid.interop.importing.importer import from_sklearn
from support import Command

PAGE = Path(__file__).parents[1] / "docs" / "adding.md"
TARGETS = {"onnx": "m.onnx", "numpy": "m.py", "html": "m.html", "pytorch": "w.safetensors"}
REGISTRIES: list[Registry[Any]] = [pl.ACTIVATIONS, pl.LOSSES, pl.OPTIMIZERS, pl.INITIALIZERS]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Whatever a test adds is gone after it."""
    kept = [dict(registry) for registry in REGISTRIES], list(FORMATS), dict(EXPORTERS)
    yield
    for registry, before in zip(REGISTRIES, kept[0], strict=True):
        registry.clear()
        registry.update(before)
    FORMATS[:] = kept[1]
    EXPORTERS.clear()
    EXPORTERS.update(kept[2])


def added(heading: str) -> dict[str, Any]:
    """Run the program of a recipe, as it stands on the page; the names that it defines."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    names: dict[str, Any] = {"__name__": "a_program_of_your_own"}
    exec(compile(re.findall(r"```python\n(.*?)```", section, re.S)[0], str(PAGE), "exec"), names)
    return names


def write_table(path: Path) -> Path:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = X[:, 0] - 2 * X[:, 1] + 0.1 * rng.normal(size=120)
    rows = [",".join(f"{value:.6f}" for value in (*x, target)) for x, target in zip(X, y, strict=True)]
    path.write_text("\n".join(["a,b,c,y", *rows]) + "\n")
    return path


def take_through(pellucid: Command, folder: Path, *flags: object) -> pl.Model:
    """Train on a table, and use the run in all ways; the exports give the answers of ``predict``."""
    table = write_table(folder / "t.csv")
    trained = pellucid(
        "train", table, "--target", "y", "--hidden", "8,6", "--epochs", 60, *flags, "--out", "run", "--json"
    )
    assert trained.code == 0, trained.err
    assert json.loads(trained.out)["dev"]["r2"] > 0.2
    model = pl.load_model("run/model.safetensors")
    for command in (
        ("check", "run"), ("evaluate", "run"), ("predict", "run", table), ("explain", "run"), ("importance", "run"),
        ("report", "run", "--out", "report.html"), ("landscape", "run", "--points", 5, "--out", "l.json"),
        ("plot", "run", "activations", "--out", "a.png"), ("plot", "run", "gradients", "--out", "g.png"),
        ("plot", "run", "architecture", "--out", "n.svg"), ("train", "--resume", "run", "--epochs", 61, "-q"),
    ):  # fmt: skip
        ended = pellucid(*command)
        assert ended.code == 0, (command, ended.err)
    assert (
        pellucid("train", table, "--target", "y", "--start-from", "run", "--epochs", 2, "--out", "on", "-q").code == 0
    )
    steps = json.loads(pellucid("explain", "run", "--json").out)["steps"]
    assert {step["quantity"] for step in steps} >= {"z", "a", "loss", "delta", "dW"}
    return model


def answers_of(target: str, path: Path, table: Path) -> AnyArray:
    """What an exported model says of the rows of a table."""
    if target == "numpy":
        out = subprocess.run([sys.executable, path, table], capture_output=True, text=True, check=True).stdout
        return np.array([float(line.split(",")[-1]) for line in out.splitlines()[1:]])
    import onnxruntime

    columns = np.loadtxt(table, delimiter=",", skiprows=1)
    session = onnxruntime.InferenceSession(path.read_bytes())
    given = {name: columns[:, k : k + 1] for k, name in enumerate("abc")}
    return np.asarray(session.run(None, given)[0]).reshape(-1)


@pytest.mark.parametrize(
    "heading",
    ["An activation", *(pytest.param(name, marks=pytest.mark.slow) for name in ("A loss", "An optimiser"))],
)
def test_a_part_that_is_added_goes_through_everything(heading: str, pellucid: Command, tmp_path: Path) -> None:
    names = added(heading)
    flags = {"An activation": ("--activation", "softsign"), "A loss": ("--loss", "log-cosh"),
             "An optimiser": ("--optimizer", "lion", "--weight-decay", 0)}[heading]  # fmt: skip
    model = take_through(pellucid, tmp_path, *flags)
    if heading == "An activation":
        assert {type(layer.activation) for layer in model.network.layers[:-1]} == {names["Softsign"]}
    if heading == "A loss":
        assert isinstance(model.network.loss, names["LogCosh"])
    table = tmp_path / "t.csv"
    expected = pl.tables.predict(pl.load_model("run/model.safetensors"), table)
    for target, name in TARGETS.items():
        ended = pellucid("export", "run", "--to", target, "--out", name)
        assert ended.code == 0, (target, ended.err)
        if target in ("numpy", "onnx"):
            assert answers_of(target, Path(name), table) == pytest.approx(expected, rel=1e-4, abs=1e-5)
    ended = pellucid("import", TARGETS["onnx"], "--out", "again.safetensors")
    assert ended.code == 0, ended.err
    assert pl.tables.predict(pl.load_model("again.safetensors"), table) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("heading", "parameters"),
    [
        ("An activation", {"activation": "softsign"}),
        ("A loss", {"loss": "log_cosh"}),
        ("An optimiser", {"solver": "lion"}),
    ],
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # fifty passes are few
def test_an_added_part_works_in_the_estimators(heading: str, parameters: dict[str, str]) -> None:
    names = added(heading)
    X = np.random.default_rng(0).normal(size=(60, 3))
    estimator = pl.PellucidRegressor(hidden_layer_sizes=(5,), max_iter=50, random_state=0, **parameters).fit(X, X[:, 0])
    assert np.isfinite(estimator.predict(X)).all()
    if heading == "An activation":
        assert isinstance(estimator.network_.layers[0].activation, names["Softsign"])
        assert from_sklearn(estimator).network.predict(X)[:, 0] == pytest.approx(estimator.predict(X), rel=1e-12)


@pytest.mark.slow
def test_an_added_activation_gives_pytorch_the_same_numbers(tmp_path: Path) -> None:
    import torch

    softsign = added("An activation")["Softsign"]
    net = pl.Network([3, 5, 4, 2], activation=[softsign(), pl.SiLU()], rng=np.random.default_rng(0))
    pl.export(pl.Model(net), tmp_path / "net.safetensors", to="pytorch")
    names: dict[str, Any] = {"__file__": str(tmp_path / "net.py")}
    exec((tmp_path / "net.py").read_text(encoding="utf-8"), names)
    X = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)
    with torch.no_grad():
        assert names["model"](torch.from_numpy(X)).numpy() == pytest.approx(net.predict(X), abs=1e-6)


@pytest.mark.slow
def test_an_added_activation_gives_the_page_the_same_numbers(browser: Any, tmp_path: Path) -> None:
    softsign = added("An activation")["Softsign"]
    net = pl.Network([3, 5, 4, 2], activation=[softsign(), pl.SiLU()], dtype=np.float64, rng=np.random.default_rng(0))
    pl.export(pl.Model(net), tmp_path / "net.html", to="html")
    X = np.random.default_rng(1).normal(size=(9, 3))
    page = browser.new_page()
    page.goto((tmp_path / "net.html").as_uri())
    page.wait_for_timeout(200)
    said = page.evaluate("X => X.map(x => answersOf(page.model, forward(page.net, x)))", X.tolist())
    assert np.array(said) == pytest.approx(net.predict(X), abs=1e-9)


def test_what_load_could_not_read_is_not_saved(tmp_path: Path) -> None:
    softsign = added("An activation")["Softsign"]
    net = pl.Network([3, 4, 2], activation=softsign(), rng=np.random.default_rng(0))
    path = tmp_path / "net.safetensors"
    pl.save(net, path)
    assert (pl.load(path).theta == net.theta).all()
    del pl.ACTIVATIONS["softsign"]
    with pytest.raises(pl.InputError, match="uses 'softsign', which is not known here"):
        pl.load(path)
    before = path.read_bytes()
    with pytest.raises(pl.InputError, match="activation 'softsign': a file with it could not be read again"):
        pl.save(net, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("target", TARGETS)
def test_an_export_that_cannot_write_a_formula_says_so_and_writes_nothing(target: str, tmp_path: Path) -> None:
    softsign = added("An activation")["Softsign"]

    class Sine(softsign):  # type: ignore[misc, valid-type]
        name = "sine"
        formula = softsign.formula._replace(value="np.sin({z})", slope="np.cos({z})")

    model = pl.Model(pl.Network([3, 4, 2], activation=pl.ACTIVATIONS.add(Sine)(), rng=np.random.default_rng(0)))
    if target == "numpy":  # which has whatever NumPy has
        pl.export(model, tmp_path / TARGETS[target], to=target)
        assert "np.sin(z)" in (tmp_path / TARGETS[target]).read_text()
        return
    with pytest.raises(pl.InputError, match=r"^np.sin: no export can write it; write the formula with abs, exp"):
        pl.export(model, tmp_path / TARGETS[target], to=target)
    assert not list(tmp_path.iterdir())


def test_a_class_that_lacks_something_is_refused_when_it_is_added() -> None:
    class Bare:
        name = "bare"

    with pytest.raises(pl.InputError, match="Bare: is no activation, since it has no formula, backward"):
        pl.ACTIVATIONS.add(Bare)  # type: ignore[arg-type]
    relu = type("ReLU", (pl.Tanh,), {"name": "relu"})
    with pytest.raises(pl.InputError, match="activation 'relu': the engine has one of this name"):
        pl.ACTIVATIONS.add(relu)


def test_an_added_file_format_goes_through_every_command(pellucid: Command, tmp_path: Path) -> None:
    added("A file format")
    rows = [json.dumps({"a": k / 40, "b": k % 3, "kind": "high" if k > 60 else "low"}) for k in range(120)]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(rows) + "\n")
    assert pellucid("train", path, "--target", "kind", "--epochs", 60, "--out", "run", "-q").code == 0
    scored = pellucid("evaluate", "run", path, "--json")
    assert json.loads(scored.out)["accuracy"] > 0.9
    for command in (("predict", "run", path), ("explain", "run"), ("importance", "run")):
        ended = pellucid(*command)
        assert ended.code == 0, ended.err
    path.write_text('{"a": 1}\nnonsense\n')
    ended = pellucid("predict", "run", path)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "rows.jsonl: is no table of JSON lines" in ended.err


def test_an_added_export_target_is_one_of_the_command(pellucid: Command, digits: Any) -> None:
    added("An export target")
    ended = pellucid("export", "--to", "npz", "--out", "weights.npz")
    assert ended.code == 0, ended.err
    assert "read it: numpy.load('weights.npz')" in ended.out
    with np.load("weights.npz") as arrays:
        assert arrays["W1"].shape == (32, 784)
    ended = pellucid("export", "--to", "npz", "--out", "weights.txt")
    assert ended.code == 2
    assert "is to hold arrays W1, b1, … of NumPy; give a name that ends in .npz" in ended.err
    assert not Path("weights.txt").exists()
    assert "take onnx, numpy, pytorch, html, npz" in pellucid("export", "--to", "gguf", "--out", "x.gguf").err
