"""The base installation reads digits and arrays; what needs more says which line installs it."""

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pellucid.core.errors import InputError
from pellucid.datasets import as_frame, mnist_files
from pellucid.datasets.export import export
from support import Command

ROOT = Path(__file__).parents[2]
HEAVY = ("polars", "narwhals", "pyarrow", "pandas", "matplotlib", "sklearn", "onnx", "onnxruntime")
MOST_MEGABYTES = 150


def write_digits(folder: Path) -> str:
    export("test", "csv", folder / "digits.csv", 200)
    return "digits.csv"


def write_npz(folder: Path) -> str:
    export("test", "npz", folder / "digits.npz", 200)
    return "digits.npz"


def write_npy(folder: Path) -> str:
    X, y = mnist_files("test")
    np.save(folder / "X.npy", X[:200])
    np.save(folder / "y.npy", y[:200])
    return "X.npy"


def write_idx(folder: Path) -> str:
    X, y = mnist_files("test")
    sizes = np.array([200, 28, 28], ">u4").tobytes()
    (folder / "t-images").write_bytes(b"\0\0\x08\x03" + sizes + X[:200].tobytes())
    (folder / "t-labels").write_bytes(b"\0\0\x08\x01" + sizes[:4] + y[:200].astype(np.uint8).tobytes())
    return "t-images"


def write_pictures(folder: Path) -> str:
    export("test", "png", folder / "digits", 100)
    return "digits"


def write_table(folder: Path) -> str:
    (folder / "table.csv").write_text("size,price\n" + "".join(f"{k},{2 * k}\n" for k in range(40)))
    return "table.csv"


def write_parquet(folder: Path) -> str:
    pq.write_table(pa.table({"size": [1.5, 2.5], "price": [3.0, 5.0]}), folder / "table.parquet")
    return "table.parquet"


def write_feather(folder: Path) -> str:
    with pa.ipc.new_file(folder / "t.feather", pa.schema([("size", pa.float64())])) as writer:
        writer.write_table(pa.table({"size": [1.5, 2.5]}))
    return "t.feather"


Write = Callable[[Path], str]
READ: list[Write] = [write_digits, write_npz, write_npy, write_idx, write_pictures]
NEED: list[tuple[Write, str]] = [(write_table, "tables"), (write_parquet, "parquet"), (write_feather, "parquet")]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the base alone were installed."""
    for name in HEAVY:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("write", READ)
def test_digits_and_arrays_need_the_base_alone(write: Write, pellucid: Command, tmp_path: Path) -> None:
    name = write(tmp_path)
    for arguments in (("train", name, "--epochs", 2, "--out", "run", "--quiet"), ("evaluate", "run", name, "--json")):
        ended = pellucid(*arguments)
        assert ended.code == 0, ended.err


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("write", "extra"), NEED)
def test_a_table_names_the_line_that_installs_what_it_needs(
    write: Write, extra: str, pellucid: Command, tmp_path: Path
) -> None:
    name = write(tmp_path)
    ended = pellucid("train", name, "--target", "price", "--out", "run")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {name}: reading ")
    assert ended.err.endswith(f"; install it with: pip install 'pellucid[{extra}]'\n")
    assert ended.err.count("\n") == 1


@pytest.mark.usefixtures("bare")
def test_a_data_frame_needs_the_tables() -> None:
    assert as_frame({"size": [1.0, 2.0]}).rows == 2
    for data in (pa.table({"size": [1.5]}), {"city": ["Bonn", "Ulm"]}):
        with pytest.raises(InputError, match=r"install it with: pip install 'pellucid\[tables\]'"):
            as_frame(data)


def printed(code: str, folder: Path) -> str:
    """What a fresh Python prints last."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode().splitlines()[-1]


def test_a_table_of_numbers_in_a_dict_needs_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; import pellucid as pl; from pellucid import tables; "
        "tables.fit({'x': [0.0, 1.0] * 9, 'y': [0.0, 2.0] * 9}, 'y', epochs=1); "
        f"print(*set({HEAVY}) & set(sys.modules))"
    )
    assert printed(code, tmp_path) == ""


@pytest.mark.slow
@pytest.mark.parametrize("write", READ)
def test_commands_import_no_library_of_tables_for_digits_and_arrays(write: Write, tmp_path: Path) -> None:
    code = (
        "import sys; from pellucid.cli import main; "
        f"code = main(['train', {write(tmp_path)!r}, '--epochs', '1', '--out', 'run', '--quiet']); "
        f"print(code, *set({HEAVY}) & set(sys.modules))"
    )
    assert printed(code, tmp_path) == "0"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of programs, of an environment that has pellucid without extras."""
    folder = tmp_path_factory.mktemp("base")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip: list[str | Path] = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, ROOT], check=True)
    return programs


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([installed / "pellucid", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("write", READ)
def test_the_base_installation_trains_on_digits_and_arrays(write: Write, installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "train", write(tmp_path), "--epochs", "2", "--out", "run")
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("note: ") for line in done.stderr.splitlines())  # two epochs are no training


@pytest.mark.slow
@pytest.mark.parametrize(("write", "extra"), NEED)
def test_the_base_installation_says_what_a_table_needs(
    write: Write, extra: str, installed: Path, tmp_path: Path
) -> None:
    done = run(installed, tmp_path, "train", write(tmp_path), "--target", "price")
    assert done.returncode == 2
    assert done.stderr.endswith(f"pip install 'pellucid[{extra}]'\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_the_base_installation_is_light(installed: Path) -> None:
    site = next(installed.parent.rglob("site-packages"))
    own = [path for path in site.iterdir() if not path.name.startswith(("pip", "setuptools", "_distutils", "pkg_res"))]
    files = {file for path in own for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()}
    assert sum(file.stat().st_size for file in files) <= MOST_MEGABYTES * 10**6
