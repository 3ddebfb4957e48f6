"""What the ranks of one run do together: they compare what they were given, agree on ends, and pass on the state."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

import pellucid
from pellucid.core.errors import InputError
from pellucid.core.ranks import Reduce, of_each
from pellucid.runs import checkpoint, run_json
from pellucid.runs.checkpoint import State
from pellucid.runs.settings import Settings

T = TypeVar("T")
SAVE, STOP = 1.0, 2.0  # what a rank asks for between steps: rank 0 alone to save, any of them to stop
OF_A_MACHINE = ("threads", "engine")  # settings that each machine may fill in its own way; rank 0's hold


class Ranks(Reduce, Protocol):
    """The ranks of a run: they add vectors up, and send bytes. ``runs/mpi.py`` is one."""

    host: str  # the name of this rank's machine
    agreed: bool  # whether all of them are about to end, each knowing of it

    def from_first(self, content: bytes) -> bytes:
        """What rank 0 gives, on every rank."""

    def of_all(self, content: bytes) -> list[bytes]:
        """What each rank gives, on every rank."""


class EndedTogether(Exception):  # noqa: N818  (it is no error of this rank)
    """All ranks end, and another one says why; ``code`` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def together(ranks: Ranks | None, work: Callable[[], T]) -> T:
    """Do something on every rank; where it cannot be done on one, all end, and rank 0 says why.

    Raises:
        InputError, OSError, MemoryError, KeyboardInterrupt: on rank 0, its own; or InputError with what another said.
        EndedTogether: on the others.
    """
    if ranks is None:
        return work()
    result, failed = None, None
    try:
        result = work()
    except (InputError, OSError, MemoryError, KeyboardInterrupt) as error:
        failed = error
    answer = None if failed is None else [ranks.host, isinstance(failed, KeyboardInterrupt), _words(failed)]
    answers = [json.loads(each) for each in ranks.of_all(json.dumps(answer).encode())]
    first = next((rank for rank, each in enumerate(answers) if each is not None), None)
    if first is None:
        return result  # type: ignore[return-value]
    host, interrupted, said = answers[first]
    ranks.agreed = True
    if ranks.rank:
        raise EndedTogether(130 if interrupted else 2)
    if failed is not None:
        raise failed
    if interrupted:
        raise KeyboardInterrupt
    raise InputError(f"rank {first} on {host}: {said}")


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or ''}: {error.strerror}".removeprefix(": ")
    return str(error) or type(error).__name__


def compare(ranks: Ranks, settings: Settings, checksums: dict[str, int]) -> None:
    """Refuse to train where a rank has another version, other settings or other data than rank 0.

    Raises:
        InputError: on rank 0; it says which rank, and what differs.
        EndedTogether: on the others.
    """
    own = {name: value for name, value in settings.as_json().items() if name not in OF_A_MACHINE}
    about = {"host": ranks.host, "version": pellucid.__version__, "settings": own, "data": checksums}
    first, *others = (json.loads(each) for each in ranks.of_all(json.dumps(about).encode()))
    for rank, other in enumerate(others, start=1):
        if what := _difference(first, other, settings.data):
            ranks.agreed = True
            if ranks.rank:
                raise EndedTogether(2)
            raise InputError(f"rank {rank} on {other['host']}: {what}")


def _difference(first: Any, other: Any, data: str) -> str:
    if first["version"] != other["version"]:
        return f"has pellucid {other['version']}, rank 0 has {first['version']}; install one version on all machines"
    for name, value in first["settings"].items():
        if other["settings"][name] != value:
            return f"was given {name}={other['settings'][name]!r}, rank 0 {name}={value!r}; start all ranks alike"
    if changed := run_json.changed(first["data"], other["data"]):
        return f"{data} is another file than that of rank 0: {changed} differ; bring the same one to all machines"
    return ""


def sums_of_each(ranks: Ranks, state: State) -> None:
    """Let a checkpoint have every rank's sums of the epoch under way: all call it after the same step."""
    state.progress.settle()
    state.of_ranks = of_each(ranks, state.progress.loss, state.progress.right).tolist()


def take_own_sums(ranks: Ranks, state: State) -> None:
    """Take this rank's own sums back from a state; where they are of another number of ranks, rank 0 takes them all."""
    progress, sums = state.progress, state.of_ranks
    if len(sums) == ranks.size:
        progress.loss, progress.right = sums[ranks.rank]
    elif ranks.rank:
        progress.loss, progress.right = 0.0, 0


def pass_on(ranks: Ranks, about: Any) -> Any:
    """What rank 0 knows, plain values, on all ranks."""
    return json.loads(ranks.from_first(json.dumps(about).encode()))


def pass_on_state(ranks: Ranks, folder: Path, settings: Settings, samples: int) -> State:
    """The state in the checkpoint of rank 0's run, on every rank: the others need no folder of it."""
    content = ranks.from_first((folder / checkpoint.NAME).read_bytes() if ranks.rank == 0 else b"")
    with TemporaryDirectory() as beside:
        (Path(beside) / checkpoint.NAME).write_bytes(content)
        return checkpoint.read(Path(beside), settings, samples)
