"""What an entry of the journal does to a course, and what it takes to undo it to the very bits."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from pellucid.core import checks
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.network import Network, forward, gradient
from pellucid.core.trace import Trace
from pellucid.runs import Run
from pellucid.studio import knobs, places
from pellucid.studio.journal import MARKS, TURNS, Entry, stacks
from pellucid.studio.places import Part

MOST_TO_UNDO = 16 * 2**20  # bytes that an entry keeps


class Changed(Protocol):
    """What is changed: a course."""

    run: Run
    journal: list[Entry]
    applied: int
    pending: dict[str, Any]
    marks: dict[int, str]


@dataclass(frozen=True)
class Holds:
    """Parts of the network that training leaves as they are, frozen or off, and all their ``places`` (k,) in θ."""

    parts: dict[Part, str] = field(default_factory=dict)
    places: AnyArray = field(default_factory=lambda: np.empty(0, np.intp))


def holds(entries: Sequence[Entry], sizes: Sequence[int]) -> Holds:
    """What is held after these entries."""
    parts: dict[Part, str] = {}
    for entry in stacks(entries)[0]:
        if entry.kind == "free":
            parts.pop(_part(entry), None)
        elif entry.kind in ("freeze", "off"):
            parts[_part(entry)] = {"freeze": "frozen", "off": "off"}[entry.kind]
    found = [places.of(part, sizes, outgoing=how == "off") for part, how in parts.items()]
    return Holds(parts, np.unique(np.concatenate(found)) if found else np.empty(0, np.intp))


def _part(entry: Entry) -> Part:
    return Part(**entry.about["part"])


def entry(course: Changed, kind: str, asked: Mapping[str, Any]) -> Entry:
    """The entry for a change that is asked for, with the bits of now; nothing is changed yet.

    Raises:
        InputError: it cannot be.
    """
    about, text = _WAYS[kind](course, asked)
    made = Entry(len(course.journal) + 1, course.run.state.progress.step, kind, about, text)
    made.old = _bits(course, made)
    return made


def _turn(course: Changed, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    name, before = asked.get("name"), course.run.settings
    settings = knobs.turned(before, name, asked.get("value"))
    value = getattr(settings, str(name))
    if name == "data":
        knobs.fitting(course.run, settings)
        return {"name": name, "value": value}, f"data → {asked.get('called') or value}"
    if name == "epochs" and settings.passes < course.run.state.progress.epoch + 1:
        raise InputError(f"epochs={value}: {course.run.state.progress.epoch} are done; give more")
    old = getattr(before, str(name))
    return {"name": name, "value": value}, f"{str(name).replace('_', ' ')} {_said(old)} → {_said(value)}"


def _said(value: Any) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _mark(course: Changed, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    name = asked.get("name", "")
    if not isinstance(name, str) or len(name) > 100:
        raise InputError(f"name={str(name)[:40]!r}: give a text of at most 100 letters")
    return {"name": name}, f"mark {name}".strip()


def _edit(course: Changed, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    net = course.run.state.network
    only = {"layer": asked.get("layer"), "neuron": asked.get("neuron"), "input": asked.get("input")}
    part = places.part({**only, "bias": asked.get("input") is None}, net.sizes)
    if part.what not in ("weight", "bias"):
        raise InputError(f"{part}: give a weight or a bias to change, with its layer, its neuron and its input")
    value = checks.number(asked.get("value"), "value", least=-np.inf)
    with np.errstate(over="ignore"):
        value = float(np.asarray(value, net.dtype))
    if not np.isfinite(value):
        raise InputError(f"value={asked.get('value')}: is larger than {net.dtype} holds; give a smaller one")
    (place,) = places.of(part, net.sizes)
    held = holds(course.journal, net.sizes)
    for other, how in held.parts.items():
        if how == "off" and place in places.of(other, net.sizes, outgoing=True):
            raise InputError(f"{part.words}: is off, with {other.words}; let that go first (Let go)")
    return {"part": part.as_json(), "value": value}, f"{part} {net.theta[place]:.6g} → {value:.6g}"


def _hold(course: Changed, asked: Mapping[str, Any], how: str) -> tuple[dict[str, Any], str]:
    part = places.part(asked, course.run.state.network.sizes)
    held = holds(course.journal, course.run.state.network.sizes)
    if part in held.parts:
        raise InputError(f"{part.words}: is {held.parts[part]} already; let it go first (Let go)")
    return {"part": part.as_json()}, f"{part} {how}"


def _freeze(course: Changed, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    return _hold(course, asked, "frozen")


def _off(course: Changed, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    return _hold(course, asked, "off")


def _free(course: Changed, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    part = places.part(asked, course.run.state.network.sizes)
    done = stacks(course.journal)[0]
    last = next((e for e in reversed(done) if e.kind in ("freeze", "off", "free") and _part(e) == part), None)
    if last is None or last.kind == "free":
        raise InputError(f"{part.words}: is neither frozen nor off")
    return {"part": part.as_json(), "of": last.id}, f"{part} free"


def _teach(course: Changed, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    net = course.run.state.network
    x, y = np.asarray(asked["x"]), np.asarray(asked["y"])
    rate = course.run.settings.learning_rate if asked.get("rate") is None else asked["rate"]
    about = {
        "x": base64.b64encode(np.ascontiguousarray(x).tobytes()).decode(),
        "dtype": str(x.dtype),
        "y": y.tolist(),
        "rate": checks.number(rate, "rate", positive=True),
    }
    _sample(net, about)
    return about, f"one step on {asked.get('called', 'an input')}"


def _undo(course: Changed, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    done, _ = stacks(course.journal)
    if not done:
        raise InputError("undo: nothing was changed that could be undone")
    if done[-1].old is None:
        raise InputError(f"undo: {done[-1].text} was too large to be kept; go back to step {done[-1].step}")
    return {"of": done[-1].id}, f"undo {done[-1].text}"


def _redo(course: Changed, asked: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    _, undone = stacks(course.journal)
    if not undone:
        raise InputError("redo: nothing was undone")
    return {"of": undone[-1].id}, f"redo {undone[-1].text}"


_WAYS = {
    TURNS: _turn, MARKS: _mark, "edit": _edit, "freeze": _freeze, "off": _off, "free": _free, "teach": _teach,
    "undo": _undo, "redo": _redo,
}  # fmt: skip


def _bits(course: Changed, made: Entry) -> bytes | None:
    """The bits that an entry will change, as they are now; None where they are too many, or none change."""
    if made.kind not in ("edit", "off", "free", "teach", "freeze"):
        return None
    if made.kind == "teach":
        vectors = [course.run.state.network.theta, *_memory(course.run)]
        bits = b"".join(vector.tobytes() for vector in vectors)
        return bits if len(bits) <= MOST_TO_UNDO else None
    return course.run.state.network.theta[_touched(course, made)].tobytes()


def _memory(run: Run) -> list[AnyArray]:
    return [run.state.optimizer.state[name] for name in sorted(run.state.optimizer.state)]


def _touched(course: Changed, made: Entry) -> AnyArray:
    """The places in θ that an entry changes."""
    sizes = course.run.state.network.sizes
    switches = made.kind == "off" or (made.kind == "free" and course.journal[made.about["of"] - 1].kind == "off")
    return places.of(_part(made), sizes, outgoing=switches)


def act(course: Changed, made: Entry) -> None:
    """Do what an entry says."""
    theta = course.run.state.network.theta
    if made.kind == TURNS:
        _use(course, made)
    elif made.kind == MARKS:
        course.marks[made.step] = made.about["name"]
    elif made.kind == "edit":
        theta[_touched(course, made)] = made.about["value"]
    elif made.kind == "off":
        theta[_touched(course, made)] = 0
    elif made.kind == "free":
        _put_back(course, course.journal[made.about["of"] - 1], made)
    elif made.kind == "teach":
        _step(course, made.about)
    elif made.kind == "undo":
        _restore(course, course.journal[made.about["of"] - 1])
    elif made.kind == "redo":
        act(course, course.journal[made.about["of"] - 1])


def _use(course: Changed, made: Entry) -> None:
    name, value = made.about["name"], made.about["value"]
    if knobs.KNOBS[name].acts == knobs.NEXT_EPOCH and course.run.state.progress.batch:
        course.pending[name] = value
        return
    longer = name == "epochs" and value > course.run.settings.passes
    knobs.use(course.run, knobs.turned(course.run.settings, name, value))
    if longer:
        course.run.result = None


def _put_back(course: Changed, off: Entry, made: Entry) -> None:
    """Give back what was switched off its bits; what another part has switched off as well stays at 0."""
    if off.kind != "off" or off.old is None:
        return
    net = course.run.state.network
    net.theta[_touched(course, off)] = np.frombuffer(off.old, net.dtype)
    still = holds(course.journal[: made.id], net.sizes).parts
    for part, how in still.items():
        if how == "off":
            net.theta[places.of(part, net.sizes, outgoing=True)] = 0


def _restore(course: Changed, made: Entry) -> None:
    """Put back the bits that were there before an entry."""
    assert made.old is not None
    net = course.run.state.network
    if made.kind != "teach":
        net.theta[_touched(course, made)] = np.frombuffer(made.old, net.dtype)
        return
    at = net.theta.nbytes
    net.theta = np.frombuffer(made.old[:at], net.dtype)
    if at == len(made.old):
        course.run.state.optimizer.state = {}  # it had no memory yet
        return
    for vector in _memory(course.run):
        vector[...] = np.frombuffer(made.old[at : at + vector.nbytes], vector.dtype).reshape(vector.shape)
        at += vector.nbytes


def _sample(net: Network, about: Mapping[str, Any]) -> Trace:
    """A trace with the one input and its target in it."""
    trace = Trace(net, 1)
    x = np.frombuffer(base64.b64decode(about["x"]), about["dtype"]).reshape(1, -1)
    y = np.asarray(about["y"])
    trace.fill(x, y.reshape(-1) if net.loss.kind == "classes" else y.reshape(1, -1))
    return trace


def _step(course: Changed, about: Mapping[str, Any]) -> None:
    """One step of the optimiser on one input; what is held stays."""
    state = course.run.state
    net, optimizer = state.network, state.optimizer
    held = holds(course.journal[: course.applied], net.sizes).places
    values, rate = net.theta[held], optimizer.learning_rate
    trace = _sample(net, about)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        forward(net, trace)
        gradient(net, trace)
        optimizer.learning_rate = about["rate"]
        optimizer.step(net.theta, trace.grad)
    optimizer.learning_rate = rate
    net.theta[held] = values
