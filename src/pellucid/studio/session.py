"""The studio: what is open in it, the commands to it, and who waits for news of it."""

import asyncio
import contextlib
import shlex
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files.values import plain
from pellucid.core.errors import InputError
from pellucid.core.progress import COLUMNS
from pellucid.studio import held_out
from pellucid.studio.course import NotNow
from pellucid.studio.current import Open
from pellucid.studio.opened import HOME, MNIST, Opening
from pellucid.studio.sight import Sight
from pellucid.studio.telling import everything, findings, plain_of
from pellucid.studio.trainer import Gone
from pellucid.studio.uploads import Source

WATCHED = 1000  # samples whose accuracy is watched
LOOK = 1 / 20  # seconds
SHARE = 0.1  # of the time, which watching may take
CHANGES = ("edit", "freeze", "off", "free", "teach", "undo", "redo")


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
        now.watched = mark, now.worth
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
            now.trainer.left[left.branch] = left

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

    def farewell(self) -> str | None:
        """Where the training was saved, and how to go on with it; None where none has begun."""
        now = self.open
        if now.told is None or now.told["folder"] is None:
            return None
        folder, at = now.told["folder"], ""
        if now.trainer.process.exitcode == 0:  # else it had to be ended, and what is there was saved before
            at = f" at step {now.trainer.published.glance().last:,}"
        return f"saved{at} in {folder}; go on with: {shlex.join(['pellucid', 'studio', folder])}"

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
                "dev": now.worth,
                "rate": seen.rate,
            }
        )
        return told

    def state(self) -> dict[str, Any]:
        """All that there is, but for tensors and curves."""
        return everything(self.open, self.number, self.original(), self.sources.values())

    def history(self, branch: str, after: int) -> dict[str, Any]:
        """The curve of a branch after a step, and all its epochs."""
        curve = self.open.curve(branch)
        points = [point for point in list(curve.points) if point[0] > after]
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in list(curve.rows)]
        return plain_of({"branch": branch, "points": points, "epochs": rows})
