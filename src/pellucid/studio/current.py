"""What is open in the studio: a network, its data, its training, and what was seen of them."""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from pellucid.core.batches import Pair
from pellucid.core.errors import InputError
from pellucid.datasets import Dataset, Samples, WeightedSamples
from pellucid.runs.prepare import load_data
from pellucid.runs.settings import Settings
from pellucid.studio import held_out
from pellucid.studio.course import NotNow
from pellucid.studio.handles import Handles
from pellucid.studio.keeper import thinnest
from pellucid.studio.opened import Opening
from pellucid.studio.published import Seen
from pellucid.studio.sight import Sight
from pellucid.studio.surface import Landscape
from pellucid.studio.trainer import Curve, Trainer
from pellucid.studio.uploads import Source

PROBE = 256  # samples of the fixed batch
MOST_BYTES = 64 * 2**20  # of θ that were seen
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
        self.handles.dataset, self.source = load_data(settings, plan=self.model.preprocessing), source
        self.answers, self.cells = held_out.Answers(), None
        self._changed()

    def revive(self) -> None:
        """Start the process of the training again, from what it has left in its folders."""
        told = self.trainer.told
        plan = self.opening.plan
        if told is not None and told["folder"] is not None:
            kept = tuple(one for one in told["branches"] if one["folder"] is not None)
            plan = replace(plan, branches=kept, active=told["branch"], left_out=tuple(told["left_out"]))
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
    def worth(self) -> float | None:
        """Dev's accuracy with the θ of now, where it was looked at; while it trains, with one a moment ago."""
        mark, value = self.watched
        is_of_now = mark is not None and mark[0] == self.version
        return value if is_of_now or self.state == "training" else None

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
            if branch not in self.trainer.left:
                raise InputError(f"branch={branch[:20]!r}: there is none of that name, or it was not looked at yet")
            return Sight.of(self.model, self.trainer.left[branch])
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
