"""The library with NumPy alone beside it, in an environment of its own."""

import subprocess
import sys
import textwrap
import venv
from importlib.metadata import version
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has NumPy and pellucid and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"numpy=={version('numpy')}"], check=True)
    subprocess.run([*pip, "--no-deps", ROOT], check=True)
    return python


def run(python: Path, code: str, folder: Path) -> str:
    done = subprocess.run(
        [python, "-I", "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_numpy_is_all_that_is_there(python: Path, tmp_path: Path) -> None:
    code = """
        from importlib.metadata import distributions
        print(*sorted({d.name.lower() for d in distributions()} - {"pip", "setuptools"}))
    """
    assert run(python, code, tmp_path).split() == ["numpy", "pellucid"]


def test_it_trains_predicts_and_checks_its_gradients(python: Path, tmp_path: Path) -> None:
    code = """
        import numpy as np, pellucid as pl
        rng = np.random.default_rng(0)
        X = rng.standard_normal((300, 2))
        y = (X[:, 0] * X[:, 1] > 0).astype(int)
        net = pl.Network([2, 16, 8, 2], activation=pl.GELU(), rng=rng)
        for epoch in pl.train(net, (X, y), pl.Adam(0.02), epochs=40, batch_size=32, rng=rng, dev=(X, y), dropout=0.05):
            pass
        assert epoch.dev.accuracy > 0.95, epoch
        assert pl.metrics.accuracy(net.predict(X), y) == epoch.dev.accuracy
        assert net.features(X).shape == (300, 8)
        check = pl.gradient_check(net, X[:10], y[:10])
        assert check.passed
        print(check.parameters_checked, net.theta.size)
    """
    checked, parameters = run(python, code, tmp_path).split()
    assert checked == parameters == "202"


def test_saving_says_what_to_install_and_writes_nothing(python: Path, tmp_path: Path) -> None:
    code = """
        import numpy as np, pellucid as pl
        for action in (lambda: pl.save(pl.Network([2, 2]), "net.safetensors"), lambda: pl.load("net.safetensors")):
            try:
                action()
            except pl.InputError as error:
                print(error)
    """
    assert run(python, code, tmp_path).count("pip install safetensors") == 2
    assert not list(tmp_path.iterdir())
