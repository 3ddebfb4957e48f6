"""The answers that change something: commands, data that are sent, a new network, the end."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pellucid.core.errors import InputError
from pellucid.studio import opened, uploads
from pellucid.studio.asked import as_json, body, fields, text
from pellucid.studio.commands import COMMANDS
from pellucid.studio.course import NotNow
from pellucid.studio.handles import target
from pellucid.studio.routes_look import beside, data_ready, session_of
from pellucid.studio.safety import Refused
from pellucid.studio.session import Session

ALLOWED = {  # what is passed on with each command, and nothing else
    "start": ("slow",), "step": ("count",), "epoch": (), "pause": (), "cancel": (), "back": ("step",),
    "knob": ("name", "value"), "mark": ("name",), "branch": ("step", "name", "knob", "value"), "choose": ("branch",),
    "drop": ("branch",), "edit": ("layer", "neuron", "input", "value"), "undo": (), "redo": (), "save": (),
    **dict.fromkeys(("freeze", "off", "free"), ("layer", "neuron", "input", "bias", "biases")),
}  # fmt: skip


async def command(request: Request) -> Response:
    """``POST /command``."""
    wanted, session = await fields(request), session_of(request)
    do = wanted.get("do")
    if do == "new":
        return as_json(await _new(request, {name: value for name, value in wanted.items() if name != "do"}))
    if do == "teach":
        return as_json(await session.ask("teach", **await _lesson(request, wanted)))
    if not isinstance(do, str) or do not in COMMANDS:
        raise InputError(f"do={str(do)[:20]!r}: there is no such command; take one of new, teach, {', '.join(ALLOWED)}")
    more = {name: wanted[name] for name in ALLOWED[do] if name in wanted}
    if more.get("name" if do == "knob" else "knob") == "data":  # whose value is an id, and becomes a place of ours
        source = opened.source_of(more.get("value"), session.sources, session.home)
        session.sources[source.id] = source
        more |= {"value": source.path, "called": source.name}
        try:
            return as_json(await session.ask(do, **more))
        except InputError as error:
            raise type(error)(uploads.in_place(error, source)) from None
    return as_json(await session.ask(do, **more))


async def _lesson(request: Request, wanted: dict[str, Any]) -> dict[str, Any]:
    """One input and what was meant by it, for one step of the optimiser."""
    now = session_of(request).open
    if not str(wanted.get("input")).startswith("own:"):
        await data_ready(request)
    given = now.handles.find(wanted.get("input"), wanted.get("label"))
    if given.y is None:
        raise InputError("teach: takes what was meant: say a label")
    y = target(now.model, wanted["label"]) if wanted.get("label") is not None else given.y
    return {"x": given.x[0], "y": y, "rate": wanted.get("rate"), "called": given.handle}


async def _new(request: Request, wanted: dict[str, Any]) -> dict[str, Any]:
    """A new network, and everything else forgotten."""
    session = session_of(request)
    if session.replacing.locked():
        raise NotNow("another network is being made already; ask again in a moment")
    async with session.replacing:
        key = wanted.pop("data", None) or session.open.source.id
        made = await beside(request, lambda: _opening(session, key, wanted))
        await session.renew(made)
        sight = session.open.sight()
        return {"step": 0, "version": 0, "state": session.open.state, "branch": "a", "hash": sight.hash}


def _opening(session: Session, key: object, wanted: dict[str, Any]) -> opened.Opening:
    source = opened.source_of(key, session.sources, session.home)
    try:
        made = opened.new(source, wanted, session.home)
    except InputError as error:
        raise InputError(uploads.in_place(error, source)) from None
    session.sources[source.id] = source
    return made


async def data(request: Request) -> Response:
    """``POST /data``."""
    content, session = await body(request), session_of(request)
    name, wanted = text(request, "name") or "", text(request, "target")
    return as_json(await beside(request, lambda: _data(session, content, name, wanted)))


def _data(session: Session, content: bytes, name: str, wanted: str | None) -> dict[str, Any]:
    source, is_new = uploads.take(content, name, session.home)
    try:
        found = uploads.described(source, wanted)
    except InputError as error:
        columns = uploads.targets(source)
        why = uploads.in_place(error, source)
        if not columns and is_new:
            Path(source.path).unlink(missing_ok=True)
        else:
            session.sources[source.id] = source
        if wanted is None and columns:  # it is a table, and which column is to be predicted is not known yet
            return {"id": source.id, "name": source.name, "target": None, "targets": columns, "why": why}
        raise Refused(422, why) from None
    session.sources[source.id] = source
    return found


async def end(request: Request) -> Response:
    """``POST /end``."""
    await fields(request)
    request.app.state.end()
    return as_json({"ended": True})


ROUTES = [
    Route("/command", command, methods=["POST"]), Route("/data", data, methods=["POST"]),
    Route("/end", end, methods=["POST"]),
]  # fmt: skip
