"""The kinds of pictures that ``pellucid plot`` draws: each from what was asked for to a figure and its numbers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid import runs
from pellucid.analysis import landscape
from pellucid.analysis.class_report import Answers, worst_by_loss
from pellucid.analysis.confusions import MOST_IN_MATRIX, Confusions
from pellucid.cli.models import open_model
from pellucid.cli.printing import progress
from pellucid.cli.samples import Chosen, One, chosen_for, one_sample, samples_for
from pellucid.core.errors import InputError
from pellucid.core.evaluation import check_data
from pellucid.core.progress import COLUMNS
from pellucid.datasets import Samples, WeightedSamples
from pellucid.model.model import Model
from pellucid.render import pictures
from pellucid.render.pictures import subject
from pellucid.runs.prepare import describe_model, load_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKED_AT = 1000  # samples on which gradients and the landscape are taken
POINTS = 51  # of the landscape, along each direction


@dataclass(frozen=True)
class Asked:
    """What the command line asked for; ``path`` is None for the model that comes with pellucid."""

    kind: str
    path: str | None
    data: str | None
    sample: int | None
    image: Path | None
    layer: int | None
    top: int | None
    quiet: bool

    def model(self) -> Model:
        """The model to draw."""
        return open_model(self.path)

    def samples(self, model: Model) -> tuple[str, Samples]:
        """The samples to draw, and what they are called."""
        chosen = self.chosen(model)
        return chosen.name, Samples(chosen.samples.X, chosen.samples.y)

    def chosen(self, model: Model) -> Chosen:
        """The same, with the places of all."""
        chosen = chosen_for(model, self.data)
        data = check_data(model.network, Samples(chosen.samples.X, chosen.samples.y))
        assert isinstance(data, tuple)
        return replace(chosen, samples=Samples(*data))

    def one(self, model: Model) -> One:
        """The one sample to draw."""
        return one_sample(model, self.data, self.sample, self.image)

    def run(self) -> runs.SavedRun:
        """The run to draw."""
        if self.path is None or self.path.endswith(".safetensors"):
            given = "the model that comes with pellucid" if self.path is None else self.path
            raise InputError(
                f"{self.kind}: {given} holds no history of its training; name the folder of a run: "
                f"pellucid plot RUN {self.kind} --out FILE.png"
            )
        return runs.open_run(self.path)


Drawn = tuple["Figure", dict[str, Any]]  # a picture, and the numbers in it


def _digits(asked: Asked) -> Drawn:
    model = asked.model()
    if asked.image is not None:
        one = asked.one(model)
        X, y, rows = one.x, None, [0]
    else:
        _, samples = asked.samples(model)
        first = asked.sample or 0
        if first >= len(samples.X):
            raise InputError(f"--sample {first}: there are {len(samples.X):,} samples, 0 to {len(samples.X) - 1}")
        rows = list(range(first, min(first + (asked.top or 40), len(samples.X))))
        X, y = samples.X[rows], samples.y[rows]
    return pictures.digits(model, X, y), {"digits": _answers(model, X, y, rows)}


def _mistakes(asked: Asked) -> Drawn:
    model = asked.model()
    chosen = asked.chosen(model)
    samples, top = chosen.samples, asked.top or 12
    numbers = None if chosen.rows is None else chosen.rows + chosen.first
    figure = pictures.mistakes(model, samples.X, samples.y, top=top, rows=numbers)
    rows, losses = worst_by_loss(model.network, samples.X, samples.y, top)
    found = _answers(model, samples.X[rows], samples.y[rows], rows.tolist())
    return figure, {
        "samples": len(samples.X),
        "mistakes": [{**entry, **chosen.in_json(entry["sample"]), "loss": losses[entry["sample"]]} for entry in found],
    }


def _answers(model: Model, X: Any, y: Any, rows: list[int]) -> list[dict[str, Any]]:
    """What the model makes of samples, for JSON."""
    entries: list[dict[str, Any]] = [{"sample": row} for row in rows]
    if model.network.loss.kind == "values":
        outputs = model.network.predict(X)
        for k, entry in enumerate(entries):
            entry["prediction"] = outputs[k].tolist()
            entry["true"] = None if y is None else np.atleast_1d(y[k]).tolist()
        return entries
    names, found = model.class_names, Answers(model.network.predict(X))
    for k, entry in enumerate(entries):
        entry["prediction"] = names[found.labels[k]]
        entry["probability"] = found.probabilities[k].max()
        entry["true"] = None if y is None else names[int(np.reshape(y[k], -1)[0])]
    return entries


def _confusion(asked: Asked) -> Drawn:
    model = asked.model()
    subject.one_class_each(model, "confusion")
    _, samples = asked.samples(model)
    names = model.class_names
    if len(names) > MOST_IN_MATRIX:
        raise InputError(
            f"confusion: {len(names):,} classes, but a picture shows at most {MOST_IN_MATRIX:,}: pellucid evaluate "
            "lists those that are confused most often"
        )
    matrix = Confusions.of(model.network.predict(samples.X), samples.y, len(names)).matrix()
    return pictures.confusion(matrix, names), {"classes": names, "confusion": matrix}


def _weights(asked: Asked) -> Drawn:
    model, layer = asked.model(), asked.layer or 1
    figure = pictures.weights(model, layer=layer)
    W = model.network.layers[layer - 1].W
    norms = np.linalg.norm(W, axis=1)
    return figure, {"layer": layer, "shape": W.shape, "largest": np.abs(W).max(), "norms": norms}


def _architecture(asked: Asked) -> Drawn:
    model = asked.model()
    net = model.network
    activations = [layer.activation.name for layer in net.layers]
    numbers = {"sizes": net.sizes, "activations": activations, "parameters": net.theta.size}
    return pictures.architecture(model), numbers


def _activations(asked: Asked) -> Drawn:
    model = asked.model()
    one = asked.one(model)
    figure = pictures.activations(model, one.x, one.y, name=one.name)
    layers = [model.network.features(one.x, layer=l)[0] for l in range(1, len(model.network.layers) + 1)]
    return figure, {"input": one.name, "activations": layers}


def _saliency(asked: Asked) -> Drawn:
    model = asked.model()
    one = asked.one(model)
    figure = pictures.saliency(model, one.x, one.y, name=one.name)
    gradient, target = pictures.input_gradient(model, one.x, one.y)
    return figure, {"input": one.name, "target": target.reshape(-1), "gradient": gradient}


def _history(asked: Asked) -> Drawn:
    history = asked.run().history
    return pictures.history(history), {"epochs": len(history), **{name: history[name] for name in COLUMNS[1:]}}


def _gradients(asked: Asked) -> Drawn:
    run = asked.run()
    X, y = landscape.spread(_samples_of(run, asked.data), LOOKED_AT)
    history = pictures.layer_history(run.network, run.steps, run.thetas, X, y)
    figure = pictures.gradients(history)
    layers = [{name: [getattr(at[l], name) for at in history.layers] for name in history.layers[0][l]._fields}
              for l in range(len(run.network.layers))]  # fmt: skip
    return figure, {"samples": len(X), "steps": history.steps, "layers": layers}


def _samples_of(run: runs.SavedRun, data: str | None) -> Samples:
    """The dev part of a run, or else its train part; or other data. The run may still be under way."""
    own = load_data(run.settings, plan=run.about["plan"])
    if data is not None:
        return samples_for(describe_model(run.network, run.settings, own), data)[1]
    part = own.dev if own.dev is not None else own.train
    if isinstance(part, Samples | WeightedSamples):
        return Samples(part.X, part.y)
    return Samples(*next(iter(part.blocks(None)))[:2])


def _landscape(asked: Asked) -> Drawn:
    model = asked.model()
    _, samples = asked.samples(model)
    run = runs.read_run(asked.path) if asked.path is not None and runs.is_run(asked.path) else None
    path = landscape.path_of(run) if run is not None and len(run.steps) > 2 else None
    part = landscape.spread(samples, LOOKED_AT)
    with progress("losses", POINTS**2, quiet=asked.quiet) as advance:
        surface = landscape.compute(
            model.network, part, path=path, points=POINTS, rng=np.random.default_rng(0), after_each=advance
        )
    return pictures.landscape(surface), {"directions": surface.kind, "loss": surface.centre, "shares": surface.shares}


KINDS: dict[str, Callable[[Asked], Drawn]] = {
    draw.__name__.removeprefix("_"): draw
    for draw in (_digits, _history, _confusion, _mistakes, _weights, _activations, _gradients, _architecture,
                 _landscape, _saliency)
}  # fmt: skip
