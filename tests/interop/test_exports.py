"""What is exported says the same in the tool that it is for; what comes in says the same here."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from sklearn.datasets import load_diabetes, load_iris
from sklearn.neural_network import MLPClassifier, MLPRegressor

import pellucid
from pellucid import (
    GELU,
    Identity,
    InputError,
    LeakyReLU,
    Mish,
    Model,
    Network,
    PellucidClassifier,
    ReLU,
    Sigmoid,
    SiLU,
    SquaredError,
    Tanh,
    export,
    load_model,
    save_model,
)
from pellucid.cli import main
from pellucid.core.losses import LOSSES as LOSS_KINDS
from pellucid.datasets import mnist
from pellucid.interop.importing.importer import from_pytorch, from_sklearn
from pellucid.interop.importing.onnx import from_onnx
from pellucid.model.columns import Category, Date, Number, Target
from pellucid.model.preprocessing import Preprocessing
from support import module_at

ACTIVATIONS: list[Any] = [ReLU(), LeakyReLU(0.2), Sigmoid(), Tanh(), GELU(), SiLU(), Mish(), Identity()]
LOSSES: list[Any] = [kind() for kind in LOSS_KINDS.values()]
LEVELS = ("Bonn", "Köln", 'it\'s "quoted"', "7")


@st.composite
def plans(draw: st.DrawFn) -> Preprocessing:
    """The preprocessing of a random table."""
    number = st.floats(-1e3, 1e3).map(lambda x: round(x, 3))
    scale = st.floats(0.01, 1e3).map(lambda x: round(x, 3))
    off = st.floats(-3, 3)  # of what fills a gap from the mean, in deviations: a median is never far
    columns: list[Any] = []
    for k in range(draw(st.integers(1, 4))):
        name, gaps = f"column {k}", draw(st.booleans())
        kind = draw(st.sampled_from(["number", "category", "date"]))
        if kind == "number":
            mean, deviation = draw(number), draw(scale)
            columns.append(Number(name, mean, deviation, mean + draw(off) * deviation, gaps))
        elif kind == "category":
            columns.append(Category(name, LEVELS[: draw(st.integers(1, 4))], draw(st.booleans()), gaps))
        else:
            cycles = tuple(cycle for cycle in ("year", "week", "day") if draw(st.booleans()))
            mean, deviation = draw(number), draw(scale)
            columns.append(Date(name, mean, deviation, (mean + draw(off) * deviation) * 86400, cycles, gaps))
    return Preprocessing(tuple(columns))


@st.composite
def models(draw: st.DrawFn, plan: Any = None) -> Model:
    """A random model: any depth, activations, loss, precision; with a preprocessing if asked for."""
    made = None if plan is None else draw(plan)
    loss = draw(st.sampled_from(LOSSES))
    outputs = 1 if loss.kind == "probabilities" else draw(st.integers(2, 4))
    inputs = len(made.inputs) if made is not None else draw(st.integers(1, 5))
    hidden = draw(st.lists(st.integers(1, 6), max_size=3))
    net = Network(
        [inputs, *hidden, outputs],
        activation=[draw(st.sampled_from(ACTIVATIONS)) for _ in hidden],
        loss=loss,
        dtype=draw(st.sampled_from([np.float32, np.float64])),
        rng=np.random.default_rng(draw(st.integers(0, 99))),
    )
    net.theta = net.theta + np.random.default_rng(0).normal(0, 0.1, net.theta.size)
    if made is not None and loss.kind == "values":
        means = [0.0 if loss.name == "poisson" else 10.0 * k - 5 for k in range(outputs)]
        targets = tuple(Target(f"t{k}", mean, 3.0 + k) for k, mean in enumerate(means))
        made = Preprocessing(made.columns, made.left_out, targets)
    classes = None if loss.kind == "values" else tuple(f"class {k}" for k in range(max(2, outputs)))
    return Model(net, classes, preprocessing=made)


def table(plan: Preprocessing, rows: int = 25) -> dict[str, Any]:
    """Rows for the columns of a plan, gaps and unknown levels among them."""
    rng = np.random.default_rng(1)
    columns: dict[str, Any] = {}
    for column in plan.columns:
        if isinstance(column, Category):
            columns[column.name] = rng.choice(np.array([*LEVELS, "unknown", None], object), rows)
        else:
            values = rng.normal(column.mean, 3 * column.scale, rows)  # as the columns that a plan was fitted on
            values *= 86400 if isinstance(column, Date) else 1
            columns[column.name] = np.where(rng.random(rows) < 0.2, np.nan, values)
    return columns


def outputs(model: Model, X: Any) -> Any:
    return model.in_units().predict(X)


def comparable(model: Model, values: Any) -> Any:
    """Of counts their logarithms, within reason: exp makes a rounding of a large score as large as the score."""
    return np.log(np.clip(values, 1e-30, 1e30)) if model.network.loss.name == "poisson" else values


def probabilities(model: Model, X: Any) -> Any:
    p = outputs(model, X)
    return np.hstack([1 - p, p]) if p.shape[1] == 1 else p


def run_onnx(model: Model, path: Path, feeds: dict[str, Any]) -> dict[str, Any]:
    """Check a model's graph, run it with ONNX Runtime, and return its outputs by name."""
    export(model, path, to="onnx")
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path)
    return dict(zip([each.name for each in session.get_outputs()], session.run(None, feeds), strict=True))


def same_answers(model: Model, X: Any, found: dict[str, Any]) -> None:
    if model.classes is None:
        ours = comparable(model, outputs(model, X))
        assert comparable(model, found["prediction"]) == pytest.approx(ours, rel=1e-5, abs=1e-4)
        return
    wanted = probabilities(model, X)
    assert found["probabilities"] == pytest.approx(wanted, abs=1e-5)
    sure = np.sort(wanted, axis=1)[:, -1] - np.sort(wanted, axis=1)[:, -2] > 1e-4
    assert (found["label"][sure] == np.array(model.classes)[wanted.argmax(axis=1)][sure]).all()


@settings(max_examples=40, deadline=None)
@given(model=models())
def test_onnx_runtime_says_the_same_of_arrays(model: Model, tmp_path_factory: pytest.TempPathFactory) -> None:
    X = np.random.default_rng(0).normal(size=(20, model.network.sizes[0])).astype(np.float32)
    same_answers(model, X, run_onnx(model, tmp_path_factory.mktemp("onnx") / "m.onnx", {"X": X}))


@settings(max_examples=40, deadline=None)
@given(model=models(plans()))
def test_onnx_runtime_says_the_same_of_tables(model: Model, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert model.preprocessing is not None
    columns = table(model.preprocessing)
    feeds = {
        column.name: np.array([[value or ""] for value in columns[column.name]], object)
        if isinstance(column, Category)
        else columns[column.name][:, np.newaxis]
        for column in model.preprocessing.columns
    }
    X = model.preprocessing.transform(columns, model.network.dtype)
    same_answers(model, X, run_onnx(model, tmp_path_factory.mktemp("onnx") / "m.onnx", feeds))


@settings(max_examples=40, deadline=None)
@given(model=models(plans()))
def test_the_script_says_the_same_of_tables(model: Model, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert model.preprocessing is not None
    path = tmp_path_factory.mktemp("numpy") / "model.py"
    export(model, path, to="numpy")
    columns = table(model.preprocessing)
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    X = model.preprocessing.transform(columns, model.network.dtype)
    most = 1e-12 if model.network.dtype == np.float64 else 1e-5
    found = module_at(path)
    if model.classes is None:
        scales = max(
            target.scale for target in model.preprocessing.targets
        )  # what rounding in float32 is multiplied by
        ours = comparable(model, outputs(model, X))
        assert comparable(model, found.predict(rows)) == pytest.approx(ours, abs=most * 10 * scales, rel=most)
    else:
        assert found.probabilities(rows) == pytest.approx(probabilities(model, X), abs=most, rel=most)


def test_the_script_needs_numpy_alone_and_reads_a_table(tmp_path: Path) -> None:
    plan = Preprocessing(
        (Number("size", 100.0, 50.0, 90.0, gaps=True), Date("built", 0.0, 1.0, 0.0), Category("city", LEVELS)),
        targets=(Target("price", 5.0, 2.0),),
    )
    net = Network([len(plan.inputs), 4, 1], loss=SquaredError(), rng=np.random.default_rng(0))
    export(Model(net, preprocessing=plan), tmp_path / "model.py", to="numpy")
    (tmp_path / "rows.csv").write_text("city,size,built,more\nBonn,120,1970-01-02,x\n?,NA,1970-01-03T12:00,y\n")
    blocked = (
        "import sys, runpy\n"
        "class Only:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name.split('.')[0] not in sys.stdlib_module_names | {'numpy'}: raise ImportError(name)\n"
        "sys.meta_path.insert(0, Only()); sys.argv = ['model.py', 'rows.csv']\n"
        "runpy.run_path('model.py', None, '__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", blocked], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    columns = {
        "size": np.array([120.0, np.nan]),
        "built": np.array([86400.0, 2.5 * 86400]),
        "city": np.array(["Bonn", None], object),
    }
    wanted = Model(net, preprocessing=plan).in_units().predict(plan.transform(columns))
    header, *lines = done.stdout.split()
    assert header == "price"
    assert [float(line) for line in lines] == pytest.approx(wanted[:, 0], rel=1e-5)


def house_script(folder: Path) -> Path:
    """The script of a network that reads a number, yes or no, dates as 12/31/2026, and a category."""
    plan = Preprocessing(
        (
            Number("size", 100.0, 50.0, 90.0),
            Number("garage", 0.0, 1.0, 0.0, boolean=True),
            Date("built", 0.0, 1e3, 0.0, form="%m/%d/%Y"),
            Category("city", LEVELS),
        ),
        targets=(Target("price", 5.0, 2.0),),
    )
    net = Network([len(plan.inputs), 4, 1], loss=SquaredError(), rng=np.random.default_rng(0))
    export(Model(net, preprocessing=plan), folder / "model.py", to="numpy")
    return folder / "model.py"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("size,built,city\n1,2020-01-01,Bonn\n", "row 0 has no column 'garage'; its columns are size, built, city"),
        (
            "size,garage,built,city\n9,no,,Bonn\n9,2,,Bonn\n",
            "row 1, column garage: '2' is no yes or no",
        ),
        ("size,garage,built,city\n9,no,27.01.2021,Bonn\n", "row 0, column built: '27.01.2021' is no date such as 2026"),
        ("size,garage,built,city\n9,no,today,Bonn\n", "row 0, column built: 'today' is no date"),
        ("size,garage,built,city\ninf,no,,Bonn\n", "row 0, column size: 'inf' is no number"),
        ("size,garage,built,city\n1_0,no,,Bonn\n", "row 0, column size: '1_0' is no number"),
        (
            "size,garage,built,city\n1e300,no,,Bonn\n",
            "row 0: the answer is no number, since the row's values are",
        ),
        ("size,garage,built,city\n9,no,,Bonn\n9,no\n", "row 1 has 2 cells, but the header names 4 columns"),
        ("size,garage,built,city\n", "there are no rows below a header"),
        ("", "there are no rows below a header"),
        (None, "No such file or directory"),
    ],
)
def test_the_script_says_what_it_cannot_read(content: str | None, message: str, tmp_path: Path) -> None:
    script = house_script(tmp_path)
    if content is not None:
        (tmp_path / "rows.csv").write_text(content)
    done = subprocess.run([sys.executable, script, tmp_path / "rows.csv"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path / 'rows.csv'}: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_script_reads_tables_as_they_come(tmp_path: Path) -> None:
    script = house_script(tmp_path)
    said = set()
    for content in (
        "size,garage,built,city\n120.5,yes,2021-01-02,Bonn\n",
        "size;garage;built;city\n120.5;1;01/02/2021;Bonn\n",
        "city, built, size, garage\nBonn, 2021-01-02T00:00Z, 120.5, True\n",
        "size\tgarage\tbuilt\tcity\n1.205e2\ty\t1/2/2021\tBonn\n",
    ):
        (tmp_path / "rows.csv").write_text(content)
        done = subprocess.run(
            [sys.executable, script, tmp_path / "rows.csv"], capture_output=True, text=True, check=True
        )
        said.add(done.stdout)
    assert len(said) == 1


def test_the_script_ends_with_its_reader(tmp_path: Path) -> None:
    script = house_script(tmp_path)
    (tmp_path / "rows.csv").write_text("size,garage,built,city\n" + "9,no,,Bonn\n" * 20_000)
    line = f"{sys.executable} {script} {tmp_path / 'rows.csv'} | head -1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("price\n", "")


@pytest.mark.parametrize("form", ["onnx", "numpy"])
def test_the_digit_model_reads_digits_elsewhere(form: str, tmp_path: Path) -> None:
    path = tmp_path / ("digits.onnx" if form == "onnx" else "digits.py")
    assert main(["export", "--to", form, "--out", str(path), "--quiet"]) == 0
    digits = mnist().test
    assert digits is not None
    model = load_model(Path(pellucid.__file__).parent / "model" / "digits.safetensors")
    wanted = model.network.predict(digits.X[:100])
    if form == "onnx":
        found = onnxruntime.InferenceSession(path).run(None, {"X": digits.X[:100]})[0]
    else:
        found = module_at(path).probabilities(digits.X[:100].tolist())
    assert found == pytest.approx(wanted, abs=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_pytorch_says_the_same_and_gives_the_same_weights_back(loss: Any, dtype: Any, tmp_path: Path) -> None:
    import torch

    outputs = 1 if loss.kind == "probabilities" else 3
    net = Network([5, 8, 7, 6, outputs], activation=[ReLU(), GELU(), LeakyReLU(0.3)], loss=loss, dtype=dtype,
                  rng=np.random.default_rng(0))  # fmt: skip
    export(Model(net), tmp_path / "net.safetensors", to="pytorch")
    names: dict[str, Any] = {"__file__": str(tmp_path / "net.py")}
    exec((tmp_path / "net.py").read_text(), names)
    X = np.random.default_rng(1).normal(size=(9, 5)).astype(dtype)
    with torch.no_grad():
        found = names["model"](torch.from_numpy(X)).numpy()
    assert found == pytest.approx(net.predict(X), abs=1e-12 if dtype == np.float64 else 1e-5, rel=1e-5)
    task = "regression" if loss.kind == "values" else "classification"
    again = from_pytorch(tmp_path / "net.safetensors", activation=["relu", "gelu", "leaky-relu"], task=task)
    assert (again.network.theta == net.theta).all()


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_what_went_out_for_pytorch_comes_back_as_it_was(loss: Any, tmp_path: Path) -> None:
    outputs = 1 if loss.kind == "probabilities" else 3
    hidden: list[Any] = [LeakyReLU(0.3), GELU(), Tanh()]
    net = Network([5, 4, 4, 4, outputs], activation=hidden, loss=loss, rng=np.random.default_rng(0))
    classes = None if loss.kind == "values" else tuple("abc"[: max(2, outputs)])
    export(Model(net, classes), tmp_path / "net.safetensors", to="pytorch")
    again = from_pytorch(tmp_path / "net.safetensors")
    assert again.classes == classes
    assert again.network.loss == loss
    assert [layer.activation for layer in again.network.layers[:-1]] == hidden
    assert (again.network.theta == net.theta).all()
    other = from_pytorch(tmp_path / "net.safetensors", activation="relu", task="regression").network
    assert [layer.activation.name for layer in other.layers] == ["relu", "relu", "relu", "identity"]


def test_a_table_for_a_network_without_preprocessing_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_file({"0.weight": np.ones((3, 2))}, tmp_path / "w.safetensors")
    save_model(from_pytorch(tmp_path / "w.safetensors"), tmp_path / "m.safetensors")
    (tmp_path / "rows.csv").write_text("size,city\n1,Bonn\n")
    assert main(["predict", str(tmp_path / "m.safetensors"), str(tmp_path / "rows.csv")]) == 2
    assert "holds no preprocessing for one" in capsys.readouterr().err


@pytest.mark.slow
def test_what_pytorch_saves_comes_in(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file as save

    theirs = torch.nn.Sequential(
        torch.nn.Linear(4, 12), torch.nn.Tanh(), torch.nn.Linear(12, 11), torch.nn.Tanh(), torch.nn.Linear(11, 3)
    )
    save(theirs.state_dict(), tmp_path / "weights.safetensors")
    ours = from_pytorch(tmp_path / "weights.safetensors", activation="tanh", classes=["a", "b", "c"])
    X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    with torch.no_grad():
        wanted = torch.softmax(theirs(torch.from_numpy(X)), dim=1).numpy()
    assert ours.network.predict(X) == pytest.approx(wanted, abs=1e-6)
    torch.save(theirs.state_dict(), tmp_path / "pickled.safetensors")
    with pytest.raises(InputError, match=r"is a pickle, which can run programs.*save_file"):
        from_pytorch(tmp_path / "pickled.safetensors")


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learns_perceptrons_come_in_with_their_numbers(activation: str) -> None:
    X, y = load_iris(return_X_y=True)
    for labels in (y, np.array(["no", "yes"])[(y > 0).astype(int)]):
        theirs = MLPClassifier((6, 5), activation=activation, max_iter=20, random_state=0).fit(X, labels)
        ours = from_sklearn(theirs)
        assert probabilities(ours, X) == pytest.approx(theirs.predict_proba(X), abs=1e-12)
        assert ours.classes == tuple(map(str, theirs.classes_))
    X, y = load_diabetes(return_X_y=True)
    for values in (y, np.stack([y, y**2], axis=1)):
        theirs = MLPRegressor(hidden_layer_sizes=(6,), activation=activation, max_iter=20, random_state=0).fit(
            X, values
        )
        assert outputs(from_sklearn(theirs), X).squeeze() == pytest.approx(theirs.predict(X), rel=1e-12)
    own = PellucidClassifier((4,), activation="gelu", max_iter=2).fit(*load_iris(return_X_y=True))
    assert (from_sklearn(own).network.theta == own.network_.theta).all()


@settings(max_examples=40, deadline=None)
@given(model=st.one_of(models(), models(plans())))
def test_what_goes_out_as_onnx_comes_back_as_it_was(model: Model, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("onnx") / "m.onnx"
    export(model, path, to="onnx")
    again = from_onnx(path)
    assert (again.network.theta == model.network.theta.astype(np.float32)).all()
    assert again.network.loss == model.network.loss
    ours, theirs = ([layer.activation for layer in each.network.layers] for each in (again, model))
    assert ours == theirs
    assert (again.classes, again.preprocessing) == (model.classes, model.preprocessing)


def test_the_commands_write_and_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = tmp_path / "digits.safetensors"
    assert main(["export", "--to", "pytorch", "--out", str(weights), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == weights.stat().st_size
    assert weights.with_suffix(".py").is_file()
    again = tmp_path / "again.safetensors"
    assert main(["import", str(weights), "--out", str(again), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sizes"] == [784, 32, 16, 10]
    packaged = load_model(Path(pellucid.__file__).parent / "model" / "digits.safetensors")
    assert (load_model(again).network.theta == packaged.network.theta).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("export --to pdf --out x.pdf", "there is no such target"),
        ("export --to onnx --out {folder}", "is a folder"),
        ("export --to onnx --out {folder}/none/x.onnx", "none"),
        ("export --to pytorch --out {folder}/x.py", "name that ends in .safetensors"),
        ("export nothing.safetensors --to numpy --out {folder}/x.py", "there is no such file"),
        ("import nothing.onnx --out {folder}/x.safetensors", "there is no such file"),
        ("import nothing.safetensors --out {folder}/x.pt", "is called .safetensors"),
        ("import {folder}/w.safetensors --activation step --out {folder}/x.safetensors", "activation step: not known"),
        ("import {folder}/w.safetensors --classes a,b --out {folder}/x.safetensors", "2 names for 3 classes"),
        ("import {folder}/w.safetensors --out {folder}/w.safetensors", "is what is read here"),
        ("import x.onnx --activation relu --out {folder}/x.safetensors", "says itself"),
    ],
)
def test_what_cannot_be_is_told_once(
    arguments: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_file({"0.weight": np.ones((4, 2)), "2.weight": np.ones((3, 4))}, tmp_path / "w.safetensors")
    there = sorted(tmp_path.iterdir())
    assert main(arguments.format(folder=tmp_path).split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert message in err
    assert sorted(tmp_path.iterdir()) == there
