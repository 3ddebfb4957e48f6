"""No command writes over what a run, its data, or a person's own file holds, whatever name --out is given."""

from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from pellucid.runs.run import FILES
from support import Command

OUTPUTS = (  # a command, and the ending of what it writes
    ("export run --to onnx", ".onnx"),
    ("export run --to numpy", ".py"),
    ("export run --to pytorch", ".safetensors"),
    ("export run --to html", ".html"),
    ("predict run rows.csv", ".csv"),
    ("report other", ".html"),
    ("landscape run --points 3", ".html"),
    ("landscape run --points 3", ".csv"),
    ("landscape run --points 3", ".json"),
    ("lr-find data.csv --target y --steps 20", ".csv"),
    ("import weights.safetensors", ".safetensors"),
)


@pytest.fixture
def folder(pellucid: Command, tmp_path: Path) -> Path:
    """A table, rows of it, two runs on it, and the weights of one for PyTorch."""
    x = np.arange(40.0)
    text = "\n".join(f"{value},{2 * value}" for value in x)
    (tmp_path / "data.csv").write_text(f"x,y\n{text}\n")
    (tmp_path / "rows.csv").write_text("x\n1.5\n2.5\n")
    for name in ("run", "other"):
        flags = ("--task", "regression", "--epochs", 2, "--out", name, "-q")
        assert pellucid("train", "data.csv", "--target", "y", *flags).code == 0
    assert pellucid("export", "run", "--to", "pytorch", "--out", "weights.safetensors").code == 0
    return tmp_path


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_its_table_and_what_is_read_are_never_replaced(folder: Path, pellucid: Command) -> None:
    names = {"data.csv", *(f"run/{name}" for name in FILES)}
    assert {str(path.relative_to(folder)) for path in folder.glob("run/*")} <= names
    before = contents(folder)
    tried = 0
    for command, ending in OUTPUTS:
        own = {"rows.csv"} if command.startswith("predict") else set()
        for name in sorted(names | own):
            if Path(name).suffix != ending and not command.startswith("export"):
                continue  # the ending alone is refused
            ended = pellucid(*command.split(), "--out", f"run/../{name}")
            assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), (command, name, ended)
            assert any(word in ended.err for word in ("would be lost", "name that ends in")), ended.err
            tried += 1
    assert tried > 30
    assert contents(folder) == before


def test_a_report_takes_its_own_place(folder: Path, pellucid: Command) -> None:
    assert pellucid("report", "run", "--out", "run/report.html").code == 0


@pytest.mark.parametrize(("form", "name"), [("onnx", "n.html"), ("html", "n.py"), ("numpy", "n"), ("pytorch", "n.py")])
def test_the_ending_is_that_of_the_form(form: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(pl.InputError, match=f"{name}: is to hold .*; give a name that ends in"):
        pl.export(pl.Model(pl.Network([2, 2])), tmp_path / name, to=form)
    assert not list(tmp_path.iterdir())


def test_the_lines_for_pytorch_replace_no_other_script(tmp_path: Path) -> None:
    model = pl.Model(pl.Network([2, 2], rng=np.random.default_rng(0)))
    (tmp_path / "net.py").write_text("mine = 1\n")
    with pytest.raises(pl.InputError, match=r"net.py: is there already"):
        pl.export(model, tmp_path / "net.safetensors", to="pytorch")
    assert [path.name for path in tmp_path.iterdir()] == ["net.py"]
    pl.export(model, tmp_path / "script.py", to="numpy")
    with pytest.raises(pl.InputError, match=r"script.py: is there already"):
        pl.export(model, tmp_path / "script.safetensors", to="pytorch")
    pl.export(model, tmp_path / "again.safetensors", to="pytorch")
    pl.export(model, tmp_path / "again.safetensors", to="pytorch")  # its own are made anew


def test_weights_for_pytorch_replace_no_model(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    pl.save(pl.Network([2, 2], rng=np.random.default_rng(0)), path)
    before = path.read_bytes()
    with pytest.raises(pl.InputError, match="would be lost"):
        pl.export(pl.load_model(path), path, to="pytorch")
    assert path.read_bytes() == before
    assert not path.with_suffix(".py").exists()
