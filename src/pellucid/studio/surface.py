"""The loss landscape, computed in a thread beside, with progress, and stopped when nobody wants it any more."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.analysis.landscape import TrainingPath, as_json, compute
from pellucid.core.batches import Pair
from pellucid.core.errors import InputError
from pellucid.studio.published import Seen
from pellucid.studio.sight import Sight

FEWEST = 3  # different θ that span a plane


class Stopped(Exception):  # noqa: N818  (it was asked for)
    """Nobody wants it any more."""


@dataclass
class Landscape:
    """The surface that is computed, or was computed last: ``done`` points ``of`` all; ``error`` where there is none."""

    changed: Callable[[], None]
    done: int = 0
    of: int = 0
    found: dict[str, Any] | None = None
    error: str | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether one is being computed."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, sight: Sight, data: Pair, way: list[Seen], points: int) -> None:
        """Begin to compute one: on the plane of the way that θ took, where that is long enough, else at random."""
        self.stop()
        self._stop, self.done, self.error = threading.Event(), 0, None
        distinct = {seen.theta.tobytes(): seen for seen in way}
        path = None
        if len(distinct) >= FEWEST:
            path = TrainingPath([seen.step for seen in distinct.values()], [seen.theta for seen in distinct.values()])
        self.of = points**2 + (len(path.steps) if path is not None else 0)
        self._thread = threading.Thread(
            target=self._compute, args=(sight, data, path, points, self._stop), name="pellucid-landscape", daemon=True
        )
        self._thread.start()

    def _compute(self, sight: Sight, data: Pair, path: TrainingPath | None, points: int, stop: threading.Event) -> None:
        def report(done: int) -> None:
            if stop.is_set():
                raise Stopped
            self.done = min(done, self.of - 1)  # all of them only when there is something to be fetched
            self.changed()

        try:
            with np.errstate(all="ignore"):
                rng = np.random.default_rng(0)
                net = sight.network
                surface = compute(net, data, path=path, points=points, rng=rng, at_once=1, after_each=report)
            self.found = {**as_json(surface), "version": sight.seen.version, "step": sight.seen.step}
            self.done = self.of
        except Stopped:
            self.of = 0
        except InputError as error:
            self.error, self.of = str(error), 0
        self.changed()

    def stop(self) -> None:
        """Let what is under way end, and wait for it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2)
