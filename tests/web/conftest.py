"""Every kind of page that pellucid writes, made once, for what holds of all of them."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from pages import digit_model
from pellucid import export, landscape
from pellucid.cli import main
from pellucid.datasets import Samples
from surfaces import PATH

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


@pytest.fixture(scope="session")
def every_page(tmp_path_factory: pytest.TempPathFactory, digits: Samples) -> dict[str, str]:
    """The addresses of the pages by their names."""
    folder = tmp_path_factory.mktemp("pages")
    np.savez(folder / "small.npz", X=digits.X, y=digits.y)
    runs = (f"{folder}/small.npz", "digits"), (f"{PENGUINS} --target species --activation tanh", "penguins")
    with contextlib.redirect_stdout(io.StringIO()):
        for data, name in runs:
            assert main(f"train {data} --epochs 2 --out {folder}/{name} -q".split()) == 0
        assert main(f"export {folder}/penguins --out {folder}/table.html".split()) == 0
    export(digit_model(), folder / "digits.html", to="html")
    (folder / "landscape.html").write_text(landscape.page(PATH, "digits"), encoding="utf-8")
    files = {"digits": "digits.html", "table": "table.html", "report": "digits/report.html",
             "report of a table": "penguins/report.html", "landscape": "landscape.html"}  # fmt: skip
    return {name: (folder / file).as_uri() for name, file in files.items()}
