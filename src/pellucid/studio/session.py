"""What is open in the studio: a network, its data, its training, and what was computed of them."""

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files.values import plain
from pellucid.analysis.diagnosis.diagnose import diagnose
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.arrays import AnyArray
from pellucid.core.batches import Pair
from pellucid.core.errors import InputError
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.core.progress import COLUMNS, History
from pellucid.datasets import Dataset, Samples, WeightedSamples
from pellucid.render.report.command import command
from pellucid.runs.prepare import load_data
from pellucid.runs.settings import Settings
from pellucid.studio import held_out, knobs, toys, uploads
from pellucid.studio.course import NotNow
from pellucid.studio.handles import Handles
from pellucid.studio.keeper import thinnest
from pellucid.studio.opened import HOME, MNIST, Opening
from pellucid.studio.published import Seen
from pellucid.studio.sight import Sight, hash_of
from pellucid.studio.surface import Landscape
from pellucid.studio.trainer import Curve, Gone, Trainer
from pellucid.studio.uploads import Source

PROBE = 256  # samples of the fixed batch
WATCHED = 1000  # samples whose accuracy is watched
LOOK = 1 / 20  # seconds
SHARE = 0.1  # of the time, which watching may take
MOST_BYTES = 64 * 2**20  # of θ that were seen
CHANGES = ("edit", "freeze", "off", "free", "teach", "undo", "redo")
LOADING = "loading"
Mark = tuple[int, int, str]


class Open:
    """One network with all that belongs to it; a new network is another."""

    def __init__(self, opening: Opening, changed: Any) -> None:
        self.opening, self.model, self.source = opening, opening.model, opening.source
        self.handles = Handles(opening.model, opening.dataset)
        self.answers = held_out.Answers()
        self.landscape = Landscape(changed)
        self.original: Seen | None = None
        self.findings: list[dict[str, Any]] = []
        self.watched: tuple[Mark | None, float | None] = (None, None)  # when it was looked at, and dev's accuracy then
        self.told_of: tuple[str, int, str] = ("", 0, "")  # what the findings were told of
        self.seen_before: dict[str, dict[int, Seen]] = {}
        self.left: dict[str, Seen] = {}  # θ of the branches that are not active
        self.cells: dict[str, list[str]] | None = None  # of the table, once somebody has looked at one of its rows
        self._changed = changed
        self._sight = Sight.of(self.model, opening.seen)
        self.data: Future[Dataset] = Future()
        self.trainer = Trainer(opening.plan, self.model.network, changed=changed)

    def load(self) -> None:
        """Read the data, if they are not there yet."""
        try:
            dataset = self.opening.data()
        except (InputError, OSError) as error:
            self.data.set_exception(InputError(str(error)))
        else:
            self.handles.dataset = dataset
            self.data.set_result(dataset)
        self._changed()

    def follow(self, sources: Iterable[Source]) -> None:
        """Where the training has gone on to other data, go there, too."""
        settings = self.settings
        source = next((one for one in sources if one.path == settings.data), None)
        if self.told is None or source is None or source.path == self.source.path or not self.data.done():
            return
        self.handles.dataset, self.source = load_data(settings), source
        self.answers = held_out.Answers()
        self._changed()

    def revive(self) -> None:
        """Start the process of the training again, from what it has left in its folders."""
        told = self.trainer.told
        plan = self.opening.plan
        if told is not None and told["folder"] is not None:
            kept = tuple(one for one in told["branches"] if one["folder"] is not None)
            plan = replace(plan, branches=kept, active=told["branch"])
        self.trainer = Trainer(plan, self.model.network, changed=self._changed)

    @property
    def told(self) -> dict[str, Any] | None:
        """What the training has told of itself."""
        return self.trainer.told

    @property
    def settings(self) -> Settings:
        """The settings of now."""
        return self.opening.settings if self.told is None else Settings.from_json(self.told["settings"])

    @property
    def branch(self) -> str:
        """The active branch."""
        return "a" if self.told is None else str(self.told["branch"])

    @property
    def state(self) -> str:
        """What the training does."""
        if self.told is None:
            return LOADING if self.trainer.is_alive else "ended"
        return self.trainer.published.state

    @property
    def version(self) -> int:
        """Of θ."""
        return self.trainer.version

    @property
    def mark(self) -> Mark:
        """What tells one moment from another: the version, the epochs that are told, and the state."""
        return self.version, len(self.curve(self.branch).rows), self.state

    def sight(self, branch: str | None = None) -> Sight:
        """The network of now; or that of another branch, as it was left.

        Raises:
            InputError: there is no such branch.
        """
        if branch is not None and branch != self.branch:
            if branch not in self.left:
                raise InputError(f"branch={branch[:20]!r}: there is none of that name, or it was not looked at yet")
            return Sight.of(self.model, self.left[branch])
        sight = self._sight
        if self.told is not None and self.version != sight.seen.version:
            sight = self._sight = Sight.of(self.model, self.trainer.seen())
        if sight.seen.state != self.state:
            return replace(sight, seen=replace(sight.seen, state=self.state))
        return sight

    def before(self, step: int) -> tuple[Sight, bool]:
        """The network at about a step, from the nearest θ that was seen; and whether it is that step's own."""
        now = self.sight()
        known = {**self.seen_before.get(now.branch, {}), now.seen.step: now.seen}
        near = min(known, key=lambda each: abs(each - step))
        return (now if near == now.seen.step else Sight.of(self.model, known[near])), near == step

    def remember(self, sight: Sight) -> None:
        """Keep a θ that was seen, for looks back that need not wait; let others go, the thinnest first."""
        known = self.seen_before.setdefault(sight.branch, {})
        known[sight.seen.step] = sight.seen
        most = max(3, MOST_BYTES // max(1, sight.seen.theta.nbytes))
        while len(known) > min(most, 200):
            del known[thinnest(known, sight.seen.step)]

    def part_for_watching(self) -> Samples | WeightedSamples | None:
        """The samples whose accuracy is watched: dev, else train."""
        dataset = self.handles.dataset
        if dataset is None:
            return None
        part = dataset.dev or dataset.train
        return part if isinstance(part, Samples | WeightedSamples) else None

    def probe(self) -> Pair:
        """The fixed batch."""
        part = self.part_for_watching()
        if part is None:
            raise NotNow("the data are being read; ask again in a moment")
        return part.X[:PROBE], part.y[:PROBE]

    def curve(self, branch: str) -> Curve:
        """What is known of a branch's losses."""
        return self.trainer.curves.get(branch, Curve())

    def end(self) -> None:
        """End the training, and what is computed beside."""
        self.landscape.stop()
        self.trainer.end()


class Session:
    """The studio: what is open, and what has changed in it; ``pulse`` counts the changes."""

    def __init__(self, opening: Opening, home: Path = HOME) -> None:
        self.home = home
        self.sources: dict[str, Source] = {MNIST.id: MNIST, opening.source.id: opening.source}
        self.number = 1  # of `event: state`
        self.closing = False
        self.clients = self.pulse = 0
        self.pool = ThreadPoolExecutor(3, thread_name_prefix="pellucid-look")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._event = asyncio.Event()
        self._busy = threading.Lock()
        self.replacing = asyncio.Lock()
        self.open = Open(opening, self.changed)

    # changes

    def changed(self) -> None:
        """Something has changed; from any thread."""
        self.number += 1
        self.wake()

    def wake(self) -> None:
        """Let those who wait look again; from any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        event, self._event = self._event, asyncio.Event()
        self.pulse += 1
        event.set()

    async def news(self, pulse: int, seconds: float) -> None:
        """Wait until something has changed since a pulse, or so long."""
        if pulse != self.pulse:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until the studio ends."""
        until = time.monotonic() + seconds
        while not self.closing and (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, LOOK))

    async def watch(self) -> None:
        """Look at the training twenty times a second: wake those who wait, and see what its θ is worth."""
        self._loop = asyncio.get_running_loop()
        self._loop.run_in_executor(self.pool, self.open.load)
        version, due, state = -1, 0.0, ""
        while not self.closing:
            await asyncio.sleep(LOOK)
            now = self.open
            if now.version != version or now.state != state:
                version, state = now.version, now.state
                self._ring()
            if now.watched[0] != now.mark and time.monotonic() >= due and now.part_for_watching() is not None:
                start = time.monotonic()
                with contextlib.suppress(InputError, OSError):  # of data that are gone: there is nothing to see then
                    await self._loop.run_in_executor(self.pool, self._look, now)
                due = time.monotonic() + min(2.0, (time.monotonic() - start) / SHARE)
                self._ring()

    def _look(self, now: Open) -> None:
        """See what θ is worth, and keep it; at the end of an epoch also what went wrong."""
        mark = now.mark
        now.watched = mark, now.watched[1]
        now.follow(list(self.sources.values()))
        sight, part = now.sight(), now.part_for_watching()
        if part is None or not np.isfinite(sight.seen.theta).all():
            now.watched = mark, None
            return
        now.watched = mark, held_out.accuracy(sight, part.X[:WATCHED], part.y[:WATCHED])
        now.remember(sight)
        rows = now.curve(now.branch).rows
        key = (now.branch, len(rows), now.state if now.state == "diverged" else "")
        if key != now.told_of:
            now.told_of = key
            found = findings(now, rows)
            if found != now.findings:
                now.findings = found
                self.changed()

    # commands

    async def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Have the training do something, and answer when it is done."""
        now = self.open
        if now.trainer.failed:
            raise NotNow(f"there is no training: {now.trainer.failed}")
        if not now.trainer.is_alive:
            now.revive()
            raise Gone
        await asyncio.wrap_future(now.trainer.ready)
        self._remember_before(now, do)
        found = await asyncio.wrap_future(now.trainer.ask(do, **more))
        if do in CHANGES:
            found |= {"hash": now.sight().hash}
        return found

    def _remember_before(self, now: Open, do: str) -> None:
        """Keep θ as it is before the first edit, and as it is left where another branch is chosen."""
        if do in CHANGES and (now.told or {}).get("undo") is None:
            now.original = now.sight().seen
        if do in ("branch", "choose"):
            left = now.sight().seen
            now.left[left.branch] = left

    async def renew(self, opening: Opening) -> None:
        """Forget what is open, and open something else."""
        old = self.open
        await asyncio.get_running_loop().run_in_executor(self.pool, old.end)
        self.open = Open(opening, self.changed)
        asyncio.get_running_loop().run_in_executor(self.pool, self.open.load)
        self.changed()

    def original(self) -> Sight | None:
        """The network before the edits that can be undone, where it still stands at their step."""
        now = self.open
        if now.original is None or now.told is None or now.told["undo"] is None:
            return None
        if now.original.step != now.sight().seen.step:
            return None
        return Sight.of(now.model, now.original)

    async def end(self) -> None:
        """End everything."""
        self.closing = True
        self._ring()
        await asyncio.get_running_loop().run_in_executor(self.pool, self.open.end)
        self.pool.shutdown(wait=False, cancel_futures=True)

    # what is told

    def event(self) -> dict[str, Any]:
        """Where the training stands, in few bytes."""
        now = self.open
        seen = now.sight().seen if now.told is None else now.trainer.published.glance()
        told: dict[str, Any] = plain(
            {
                "branch": now.branch,
                "step": seen.step,
                "epoch": seen.epoch,
                "batch": seen.batch,
                "last": seen.last,
                "version": seen.version,
                "state": now.state,
                "loss": seen.loss,
                "accuracy": seen.accuracy,
                "dev": now.watched[1],
                "rate": seen.rate,
            }
        )
        return told

    def state(self) -> dict[str, Any]:
        """All that there is, but for tensors and curves."""
        now, number = self.open, self.number
        sight, told, settings = now.sight(), now.told or {}, now.settings
        net, dataset = now.model.network, now.handles.dataset
        original = self.original()
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
                    **_command(told, net, dataset),
                },
                "settings": uploads.usual(settings),
                "knobs": [
                    {
                        **asdict(knob),
                        "value": self._shown(name, getattr(settings, name)),
                        "pending": self._shown(name, told.get("pending", {}).get(name)),
                    }
                    for name, knob in knobs.KNOBS.items()
                ],
                **{name: told.get(name, []) for name in ("journal", "held", "marks")},
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

    def _shown(self, name: str, value: Any) -> Any:
        """The value of a knob; of data their id, since places are nobody's business."""
        if name != "data":
            return value
        return next((source.id for source in self.sources.values() if source.path == value), None)

    def history(self, branch: str, after: int) -> dict[str, Any]:
        """The curve of a branch after a step, and all its epochs."""
        curve = self.open.curve(branch)
        points = [point for point in list(curve.points) if point[0] > after]
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in list(curve.rows)]
        return plain_of({"branch": branch, "points": points, "epochs": rows})


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
    return plain_of({"found": [{**asdict(one), **_remedy(one.remedy)} for one in found]})["found"]  # type: ignore[no-any-return]


def _remedy(text: str) -> dict[str, Any]:
    """The knob that a remedy names, and what to turn it to."""
    known = re.search(r"\b([a-z_]+)=([-+.\de]+)", text)
    if known is None or known[1] not in knobs.KNOBS:
        return {"knob": None, "value": None}
    value = float(known[2]) if set(known[2]) & set(".e") else int(known[2])
    return {"knob": known[1], "value": value}
