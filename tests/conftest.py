"""What the tests of the commands share: small real data, and a way to run a command as a user does."""

import contextlib
import io
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages import Open, wait_until
from pellucid import Model, datasets, export
from pellucid.cli import main
from support import Command, Ended

os.environ.setdefault("PELLUCID_ENGINE", "numpy")  # whatever was compiled on this machine before

collect_ignore = [] if find_spec("sklearn.callback") else ["interop/test_callbacks.py"]  # scikit-learn 1.9 brings it


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser, for pages."""
    from browse import chromium

    with chromium() as opened:
        yield opened


@pytest.fixture
def pellucid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run ``pellucid`` with arguments, in this process and in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments])
        return Ended(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def digits() -> datasets.Samples:
    """600 real digits, in the order in which they come."""
    everything = datasets.mnist_files("test")
    return datasets.Samples(everything.X[:600], everything.y[:600])


@pytest.fixture
def small(tmp_path: Path, digits: datasets.Samples) -> Path:
    """Those digits as small.npz."""
    path = tmp_path / "small.npz"
    np.savez(path, X=digits.X, y=digits.y)
    return path


@pytest.fixture
def see(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open the page of a model; at the end, no script has failed and nothing but the file was asked for."""
    faults: list[str] = []
    asked: list[str] = []
    context = browser.new_context(viewport={"width": 1200, "height": 900}, has_touch=True)

    def opened(model: Model) -> Any:
        path = tmp_path / "page.html"
        export(model, path, to="html")
        shown = context.new_page()
        shown.on("pageerror", lambda fault: faults.append(str(fault)))
        shown.on("console", lambda said: faults.append(said.text))
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(path.as_uri())
        wait_until(shown, "window.pellucid !== undefined")
        return shown

    yield opened
    context.close()
    assert faults == []
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {(tmp_path / "page.html").as_uri()}
