"""What the studio tells of itself: the whole state, and what goes wrong in a training, with a knob to turn."""

import re
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

import numpy as np

from pellucid._files.values import plain
from pellucid.analysis.diagnosis.diagnose import diagnose
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.core.progress import History
from pellucid.datasets import Dataset, Samples, WeightedSamples
from pellucid.render.report.command import command
from pellucid.runs.settings import Settings
from pellucid.studio import knobs, toys, uploads
from pellucid.studio.current import Open
from pellucid.studio.sight import Sight, hash_of
from pellucid.studio.uploads import Source

ANEW = ("activation", "hidden", "init", "optimizer")  # what no course can be branched into


def everything(now: Open, number: int, original: Sight | None, sources: Collection[Source]) -> dict[str, Any]:
    """All that there is, but for tensors and curves; ``number`` is that of the last change."""
    sight, told, settings = now.sight(), now.told or {}, now.settings
    net, dataset = now.model.network, now.handles.dataset
    return plain_of(
        {
            "state": number,
            "version": sight.seen.version,
            "model": _model(now),
            "data": {"id": now.source.id, "name": now.source.name}
            | ({} if dataset is None else uploads.about(now.source, dataset)),
            "run": {
                "state": now.state,
                "branch": now.branch,
                "step": sight.seen.step,
                "epoch": sight.seen.epoch,
                "batch": sight.seen.batch,
                **{name: told.get(name) for name in ("batches", "epochs", "steps", "first", "folder", "fault")},
                "last": sight.seen.last,
                "hash": hash_of(sight.seen.theta),
                "threads": told.get("threads"),
                "engine": told.get("engine"),
                "slow": told.get("slow", 0),
                "why": now.trainer.failed,
                "began_trained": settings.start_from is not None,
                **_command(told, net, dataset),
            },
            "settings": uploads.usual(settings),
            "knobs": [
                {
                    **asdict(knob),
                    "value": _shown(sources, name, getattr(settings, name)),
                    "pending": _shown(sources, name, told.get("pending", {}).get(name)),
                }
                for name, knob in knobs.KNOBS.items()
            ],
            **{name: told.get(name, []) for name in ("journal", "held", "marks", "left_out")},
            **{name: told.get(name) for name in ("undo", "redo")},
            "branches": [
                {**without(one, "settings", "changes"), **_command({**told, **one}, net, dataset)}
                for one in told.get("branches", [])
            ],
            "findings": now.findings,
            "original": None if original is None else {"version": original.seen.version},
            "toys": toys.listed(),
            "choices": {"activation": list(ACTIVATIONS), "optimizer": list(OPTIMIZERS)},
        }
    )


def _shown(sources: Collection[Source], name: str, value: Any) -> Any:
    """The value of a knob; of data their id, since places are nobody's business."""
    if name != "data":
        return value
    return next((source.id for source in sources if source.path == value), None)


def plain_of(found: dict[str, Any]) -> dict[str, Any]:
    """The same in the types of JSON."""
    value: dict[str, Any] = plain(found)
    return value


def without(found: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same without some of it."""
    return {name: value for name, value in found.items() if name not in names}


def _model(now: Open) -> dict[str, Any]:
    model, net = now.model, now.model.network
    form = "picture" if model.image_shape is not None else "plane"
    if model.preprocessing is not None or (form == "plane" and net.sizes[0] > 2):
        form = "row"
    has_classes = net.loss.kind != "values"
    return {
        "name": now.opening.name,
        "sizes": net.sizes,
        "activations": [layer.activation.name for layer in net.layers],
        "loss": net.loss.name,
        "parameters": net.theta.size,
        "dtype": str(net.dtype),
        "kind": net.loss.kind,
        "classes": list(model.class_names) if has_classes else None,
        "image": model.image_shape,
        "features": [] if model.image_shape is not None else list(model.feature_names),
        "form": form,
    }


def _command(told: dict[str, Any], net: Any, dataset: Dataset | None) -> dict[str, Any]:
    """The line that makes the same bits, where nothing was changed on the way; else why there is none."""
    if not told or dataset is None:
        return {"command": None, "command_why": "the data are being read"}
    branch = next((one for one in told["branches"] if one["id"] == told.get("id", told["branch"])), None)
    if branch is None or branch["changes"]:
        return {"command": None, "command_why": "something was changed on the way: the journal says what"}
    return {"command": command(Settings.from_json(told["settings"]), net, dataset.train.shape[0]), "command_why": ""}


def findings(now: Open, rows: list[list[float]]) -> list[dict[str, Any]]:
    """What goes wrong in the training, with a knob to turn where the remedy is one."""
    dataset, settings = now.handles.dataset, now.settings
    if dataset is None or not isinstance(dataset.train, Samples | WeightedSamples):
        return []
    diverged = now.state == "diverged"
    if not rows and not diverged:
        return []
    sight = now.sight()
    optimizer = OPTIMIZERS[settings.optimizer](settings.learning_rate or 0.1)
    X, y = dataset.train.X, dataset.train.y
    thetas: list[AnyArray] = [now.opening.seen.theta, sight.seen.theta]
    try:
        found = diagnose(
            sight.network, History(list(rows)), X, y, optimizer=optimizer, clip_norm=settings.clip_norm,
            thetas=thetas if now.opening.seen.step == 0 else (), diverged=diverged,
        )  # fmt: skip
    except InputError:
        return []
    history = History(list(rows))
    told = [{**asdict(one), "lasting": " dead" in one.fault, **_remedy(one.remedy, history)} for one in found]
    return plain_of({"found": told})["found"]  # type: ignore[no-any-return]


def _remedy(text: str, history: History) -> dict[str, Any]:
    """What a remedy comes to here: a knob and what to turn it to, or the settings of a network to begin anew with.

    Here nothing stops by itself, so that what early stopping would do is a course that ends at its best epoch.

    >>> _remedy("activation='relu', init='he'", History())["anew"]
    {'activation': 'relu', 'init': 'he'}
    """
    named = {name: _value(value) for name, value in re.findall(r"\b([a-z_]+)=('[a-z-]+'|\([\d, ]+\)|[-+.\de]+)", text)}
    if "patience" in named:
        named = {"epochs": int(np.nanargmin(history["dev_loss"])) + 1}
    if named and set(named) <= set(ANEW):
        return {"knob": None, "value": None, "anew": named}
    name = next((name for name in named if name in knobs.KNOBS), None)
    return {"knob": name, "value": None if name is None else named[name], "anew": None}


def _value(text: str) -> Any:
    """A text, whole numbers, or a number."""
    if text.startswith("'"):
        return text.strip("'")
    if text.startswith("("):
        return [int(one) for one in re.findall(r"\d+", text)]
    return float(text) if set(text) & set(".e") else int(text)
