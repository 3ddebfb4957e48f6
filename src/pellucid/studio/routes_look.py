"""The answers that change nothing: where it stands, tensors, inputs, one number, scores."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pellucid import datasets
from pellucid.core.errors import InputError
from pellucid.studio import frame, held_out, number, plane
from pellucid.studio.asked import as_json, body, fields, flag, text, whole
from pellucid.studio.course import NotNow
from pellucid.studio.current import Open
from pellucid.studio.handles import Given, Handles, answer, base64_of, label_of
from pellucid.studio.places import number as whole_of
from pellucid.studio.safety import Refused
from pellucid.studio.session import Session
from pellucid.studio.sight import Sight
from pellucid.studio.stream import MOST, events

T = TypeVar("T")
MOST_SHOWN = 200  # samples of a cell
MOST_DRAWN = 5000  # points of the plane


def session_of(request: Request) -> Session:
    """The studio that a request speaks to."""
    session: Session = request.app.state.session
    return session


async def beside(request: Request, work: Callable[[], T]) -> T:
    """Do something that takes a while in a thread."""
    return await asyncio.get_running_loop().run_in_executor(session_of(request).pool, work)


async def stream(request: Request) -> Response:
    """``GET /events``."""
    session = session_of(request)
    if session.clients >= MOST:
        raise Refused(503, f"{MOST} streams are open, as many as there may be; close one")
    return StreamingResponse(events(session), media_type="text/event-stream")


async def state(request: Request) -> Response:
    """``GET /state``."""
    return as_json(await beside(request, session_of(request).state))


async def history(request: Request) -> Response:
    """``GET /history``."""
    session = session_of(request)
    branch = text(request, "branch") or session.open.branch
    known = [one["id"] for one in (session.open.told or {}).get("branches", [{"id": "a"}])]
    if branch not in known:
        raise InputError(f"branch={branch[:20]!r}: there is none of that name; there are {', '.join(known)}")
    return as_json(session.history(branch, whole(request, "after", 0)))


async def data_ready(request: Request) -> Handles:
    """The inputs that are known, once the data are read."""
    now = session_of(request).open
    if not now.data.done():
        await asyncio.wrap_future(now.data)
    now.data.result()
    return now.handles


async def frames(request: Request) -> Response:
    """``GET /frame``."""
    session = session_of(request)
    now = session.open
    if text(request, "have") == str(now.version) and text(request, "step") is None and text(request, "branch") is None:
        return Response(status_code=204)
    handle = text(request, "input")
    if flag(request, "probe") or (handle is not None and not handle.startswith("own:")):
        await data_ready(request)
    return Response(await beside(request, lambda: _frame(request, now)), media_type="application/octet-stream")


def _frame(request: Request, now: Open) -> bytes:
    exact, sight = True, now.sight(text(request, "branch"))
    if text(request, "step") is not None:
        sight, exact = now.before(whole(request, "step", None))
    told, blocks = frame.head(sight, exact=exact), frame.Blocks()
    more: dict[str, dict[str, Any]] = {}
    if flag(request, "theta"):
        blocks["theta"] = sight.seen.theta
    if (wanted := text(request, "tiles")) is not None:
        found, more = frame.tiles(sight.network, wanted)
        blocks |= found
    if (handle := text(request, "input")) is not None:
        found, said = frame.of_input(sight, now.handles.find(handle, text(request, "label")))
        blocks |= found
        told |= said
    if flag(request, "probe"):
        found, said = frame.of_probe(sight.network, now.probe())
        blocks |= found
        told |= said
    return frame.packed(told, blocks, more)


async def sample(request: Request) -> Response:
    """``GET /sample``."""
    handles = await data_ready(request)
    return as_json(await beside(request, lambda: _sample(request, handles)))


def _sample(request: Request, handles: Handles) -> dict[str, Any]:
    now = session_of(request).open
    sight, part = now.sight(), text(request, "part") or handles.usual()
    place, find = text(request, "find"), None
    if place in ("mistake", "sure"):
        after = whole(request, "after", 0) if place == "mistake" and text(request, "after") is not None else None
        find = held_out.mistake(sight, handles, part, now.answers, after if place == "mistake" else None)
    elif place is not None:
        raise InputError(f"find={place[:20]!r}: take mistake or sure")
    given = handles.sample(part, whole(request, "number", 0) if find is None else find)
    found = {
        "handle": given.handle,
        "part": part,
        "number": given.number,
        "of": len(handles.samples(part).X),
        "label": label_of(now.model, given.y),
        "pixels": base64_of(given.x[0]) if now.model.image_shape is not None else None,
        "values": None if now.model.image_shape is not None and base64_of(given.x[0]) else given.x[0],
        "cells": _cells(now, given),
    }
    return {**found, "answer": answer(sight, given, layers=flag(request, "layers"))}


def _cells(now: Open, given: Given) -> dict[str, str] | None:
    """The cells of a sample of a table, as its file has them."""
    dataset, plan = now.handles.dataset, now.model.preprocessing
    if dataset is None or dataset.rows is None or plan is None or given.number is None or now.source.id == "mnist":
        return None
    rows = dataset.rows[("train", "dev", "test").index(given.part or "train")]
    if now.cells is None:
        now.cells = datasets.read_cells(now.source.path, names=plan.names)
    row = int(rows[given.number])
    return {name: texts[row] for name, texts in now.cells.items()}


async def given_input(request: Request) -> Response:
    """``POST /input``."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    handles = session_of(request).open.handles
    if kind == "application/json":
        wanted = await fields(request)
        given = await beside(request, lambda: _typed(handles, wanted))
    elif kind == "image/png":
        content, wanted = await body(request), {"layers": flag(request, "layers")}
        given = await beside(request, lambda: _picture(handles, content))
    else:
        content, wanted = await body(request), {"layers": flag(request, "layers")}
        given = handles.keep(handles.pixels(list(content)))
    return as_json(await beside(request, lambda: _answer(request, given, wanted)))


def _typed(handles: Handles, wanted: dict[str, Any]) -> Given:
    ways = {"pixels": handles.pixels, "values": handles.values, "cells": handles.row}
    chosen = [name for name in ways if wanted.get(name) is not None]
    if len(chosen) != 1:
        raise InputError(f"send one of {', '.join(ways)}")
    given = handles.keep(ways[chosen[0]](wanted[chosen[0]]))
    return given if wanted.get("label") is None else handles.find(given.handle, wanted["label"])


def _picture(handles: Handles, content: bytes) -> Given:
    model = handles.model
    if model.image_shape is None:
        raise InputError("the model takes numbers, no picture; send values or cells")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(content)
        try:
            x = datasets.read_images([path], model.image_shape, model.picture_form)
        except InputError as error:
            raise Refused(422, str(error).replace(str(path), "the picture")) from None
    return handles.keep(x)


def _answer(request: Request, given: Given, wanted: dict[str, Any]) -> dict[str, Any]:
    now = session_of(request).open
    found = answer(now.sight(), given, layers=wanted.get("layers") is True)
    found["pixels"] = base64_of(given.x[0])
    if wanted.get("branches") is True:
        found["branches"] = {key: answer(now.sight(key), given) for key in list(now.trainer.left)}
    return found


async def answered(request: Request) -> Response:
    """``GET /answer``."""
    handle = text(request, "input") or ""
    if not handle.startswith("own:"):
        await data_ready(request)
    wanted = {"layers": flag(request, "layers"), "branches": flag(request, "branches")}
    given = session_of(request).open.handles.find(handle, text(request, "label"))
    return as_json(await beside(request, lambda: _answer(request, given, wanted)))


async def number_opened(request: Request) -> Response:
    """``POST /open``."""
    return await _explained(request, number.opened)


async def everything(request: Request) -> Response:
    """``POST /explain``."""
    return await _explained(request, number.explained)


async def _explained(
    request: Request, work: Callable[[Sight, Given, dict[str, Any], float], dict[str, Any]]
) -> Response:
    wanted, now = await fields(request), session_of(request).open
    if not str(wanted.get("input")).startswith("own:"):
        await data_ready(request)
    given = now.handles.find(wanted.get("input"), wanted.get("label"))
    rate = wanted.get("rate")
    usual = now.settings.learning_rate or 0.1
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float)):
        raise InputError("rate: give a number")
    return as_json(await beside(request, lambda: work(now.sight(), given, wanted, usual if rate is None else rate)))


async def score(request: Request) -> Response:
    """``GET /score``."""
    session, handles = session_of(request), await data_ready(request)

    def work() -> dict[str, Any]:
        part, limit = text(request, "part") or handles.usual(), whole(request, "limit", 1000)
        sight, before = session.open.sight(), session.original()
        found = held_out.scores(sight, handles, part, limit)
        original = None if before is None else held_out.scores(before, handles, part, limit)
        count = len(handles.samples(part).X)
        about = {"part": part, "samples": min(limit, count) if limit else count, "version": sight.seen.version}
        return {**about, **found, "original": original}

    return as_json(await beside(request, work))


async def confusion(request: Request) -> Response:
    """``GET /confusion``."""
    handles, now = await data_ready(request), session_of(request).open
    part = text(request, "part") or handles.usual()
    return as_json(await beside(request, lambda: held_out.confusion(now.sight(), handles, part, now.answers)))


async def cell(request: Request) -> Response:
    """``GET /cell``."""
    handles, now = await data_ready(request), session_of(request).open
    part, last = text(request, "part") or handles.usual(), len(now.model.class_names) - 1
    place = whole(request, "true", None, most=last), whole(request, "said", None, most=last)
    shown = whole(request, "from", 0), whole(request, "limit", 24, most=MOST_SHOWN)
    return as_json(await beside(request, lambda: held_out.cell(now.sight(), handles, part, now.answers, place, shown)))


async def samples(request: Request) -> Response:
    """``GET /samples``."""
    handles, now = await data_ready(request), session_of(request).open
    part = handles.samples(text(request, "part") or handles.usual())
    limit = whole(request, "limit", 500, most=MOST_DRAWN)
    if part.X.shape[1] > 2:
        raise InputError(f"the samples have {part.X.shape[1]} inputs; those of the plane have two")
    y = part.y[:limit]
    classes = now.model.network.loss.kind != "values"
    return as_json({"X": part.X[:limit], "y": y.reshape(-1) if classes else y})


async def planes(request: Request) -> Response:
    """``POST /plane``."""
    wanted, now = await fields(request), session_of(request).open

    def work() -> bytes:
        sight = now.sight()
        found, about = plane.surfaces(sight, wanted)
        return frame.packed({**frame.head(sight), **about}, {"plane": found}, {})

    return Response(await beside(request, work), media_type="application/octet-stream")


async def landscape(request: Request) -> Response:
    """``GET /landscape``."""
    surface = session_of(request).open.landscape
    if surface.found is None:
        raise Refused(404, surface.error or "there is no landscape yet; ask for one")
    return as_json(surface.found)


async def start_landscape(request: Request) -> Response:
    """``POST /landscape``."""
    wanted, now = await fields(request), session_of(request).open
    if wanted.get("stop") is True:
        await beside(request, now.landscape.stop)
        return as_json({"of": 0})
    await data_ready(request)
    points = whole_of({"points": wanted.get("points", 25)}, "points", 101, least=5)
    count = whole_of({"samples": wanted.get("samples", 500)}, "samples", 10_000, least=1)
    part = now.part_for_watching()
    if part is None:
        raise NotNow("the data are being read; ask again in a moment")
    way = [seen for _, seen in sorted(now.seen_before.get(now.branch, {}).items())]
    data = part.X[:count], part.y[:count]
    await beside(request, lambda: now.landscape.start(now.sight(), data, way, points))
    return as_json({"of": now.landscape.of}, 202)


ROUTES = [
    Route("/events", stream), Route("/state", state), Route("/history", history), Route("/frame", frames),
    Route("/sample", sample), Route("/input", given_input, methods=["POST"]), Route("/answer", answered),
    Route("/open", number_opened, methods=["POST"]), Route("/explain", everything, methods=["POST"]),
    Route("/score", score), Route("/confusion", confusion), Route("/cell", cell), Route("/samples", samples),
    Route("/plane", planes, methods=["POST"]), Route("/landscape", landscape),
    Route("/landscape", start_landscape, methods=["POST"]),
]  # fmt: skip
