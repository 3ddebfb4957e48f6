"""Make the pictures of the documentation: a run of the defaults with seed 0, drawn in every way that ``plot`` knows.

    python scripts/make_pictures.py [NAME ...]

Without names all are made. Files are small: at most 256 colours are enough for them.
"""

import io
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pellucid import Network, SquaredError, Tanh, runs, tables
from pellucid._files.writing import write_whole
from pellucid.analysis import landscape
from pellucid.analysis.lr_range import lr_find as find
from pellucid.core import metrics
from pellucid.datasets import Samples
from pellucid.model.model import Model
from pellucid.render import pictures
from pellucid.render.pictures import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGES = Path(__file__).parent.parent / "docs" / "images"
COLOURS = {"architecture": 40}  # where 256 make a large file
DPI = {"architecture": 72, "landscape": 72}


@cache
def run() -> runs.SavedRun:
    """A run of the defaults, which is how the model that comes with pellucid was made."""
    with tempfile.TemporaryDirectory() as folder:
        started = runs.start(runs.prepare(runs.Settings()), Path(folder) / "run")
        for _ in started.go():
            pass
        read = runs.read_run(started.folder)
        read.model  # noqa: B018  (read while its file is there)
        return read


@cache
def digits() -> Samples:
    test = runs.own_data(run().model).test
    assert isinstance(test, Samples)
    return test


def sample(number: int) -> tuple[Model, np.ndarray, np.ndarray]:
    return run().model, digits().X[number], digits().y[number : number + 1]


def confusion() -> "Figure":
    return pictures.confusion(metrics.confusion(run().model.network.predict(digits().X), digits().y))


def gradients() -> "Figure":
    dev = runs.own_data(run().model).dev
    assert dev is not None
    return pictures.gradients(pictures.layer_history(run().network, run().steps, run().thetas, dev.X, dev.y))


def small_architecture() -> "Figure":
    """One small enough that each weight has its number."""
    net = Network([2, 3, 1], activation=Tanh(), loss=SquaredError(), init=None)
    net.theta = np.random.default_rng(4).normal(size=net.theta.size)
    return pictures.architecture(Model(net, features=("height", "width")))


@cache
def surface() -> landscape.Surface:
    return landscape.compute(run().model.network, landscape.spread(digits()), path=landscape.path_of(run()))


def lr_find() -> "Figure":
    prepared = runs.prepare(runs.Settings())
    part, settings = prepared.dataset.train, prepared.settings
    net, rng = prepared.model.network, prepared.rng
    test = find(net, part, prepared.optimizer, batch_size=settings.batch_size, rng=rng, clip_norm=settings.clip_norm)
    return pictures.range_test(test)


def importance() -> "Figure":
    """Which columns of the penguins matter."""
    rows = Path(__file__).parent.parent / "examples" / "penguins.csv"
    model = tables.fit(rows, "species", seed=1)
    found = tables.importance(model, tables.samples(model, rows), rng=np.random.default_rng(0))
    return pictures.importance(found)


PICTURES: dict[str, Callable[[], "Figure"]] = {
    "weights": lambda: pictures.weights(run().model),
    "digits": lambda: pictures.digits(run().model, digits().X[:30], digits().y[:30]),
    "history": lambda: pictures.history(run().history),
    "confusion": confusion,
    "mistakes": lambda: pictures.mistakes(run().model, digits().X, digits().y, top=8),
    "activations": lambda: pictures.activations(*sample(0), name="The first test digit"),
    "gradients": gradients,
    "architecture": lambda: pictures.architecture(run().model),
    "architecture-small": small_architecture,
    "saliency": lambda: pictures.saliency(*sample(8), name="A test digit"),
    "lr-find": lr_find,
    "importance": importance,
    "landscape": lambda: pictures.landscape(surface(), kind="both"),
}


def write(name: str, figure: "Figure") -> int:
    """Write a figure as a small PNG and return how many bytes it takes."""
    picture = Image.open(io.BytesIO(style.render(figure, ".png", dpi=DPI.get(name, 90)))).convert("RGB")
    small = picture.quantize(COLOURS.get(name, 256), Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    content = io.BytesIO()
    small.save(content, "PNG", optimize=True)
    write_whole(IMAGES / f"{name}.png", content.getvalue(), durable=False)
    return len(content.getvalue())


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        print(f"{name}.png: {write(name, PICTURES[name]()):,} bytes")


if __name__ == "__main__":
    main()
