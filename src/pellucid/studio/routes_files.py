"""The answers that are files: those of the page, and those to keep. No path of a request reaches the file system."""

import mimetypes
import tempfile
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import pellucid
from pellucid._files.values import to_json
from pellucid.model.model_file import save_model
from pellucid.render import web
from pellucid.render.model_page import data, functions, model_page
from pellucid.render.report import page as report_page
from pellucid.render.report import subject
from pellucid.runs import read_run
from pellucid.studio.asked import as_json
from pellucid.studio.course import NotNow
from pellucid.studio.current import Open
from pellucid.studio.routes_look import beside, session_of
from pellucid.studio.safety import Refused

HOUSE = Path(pellucid.__file__).parent
SERVED = ("studio/browser", "render/web", "render/landscape/browser", "render/model_page/browser")
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b63a5"/>'
    '<circle cx="5" cy="8" r="2.5" fill="#fff"/><circle cx="11" cy="8" r="2.5" fill="none" stroke="#fff"/></svg>'
)


def known_files() -> dict[str, Path]:
    """The files of the page by their addresses, those that are there now."""
    found = {}
    for folder in SERVED:
        for path in sorted((HOUSE / folder).rglob("*")):
            if path.is_file() and path.suffix in (*KINDS, ".json", ".woff2", ".png", ".webp"):
                found[f"/static/{path.relative_to(HOUSE).as_posix()}"] = path
    return found


async def page(request: Request) -> Response:
    """``GET /``."""
    return _file(HOUSE / "studio" / "browser" / "index.html")


async def static(request: Request) -> Response:
    """``GET /static/…``: an address is looked up among those that are known, and is nothing else."""
    path = request.app.state.files.get(request.url.path)
    if path is None:
        raise Refused(404, "there is no such file")
    return _file(path)


def _file(path: Path) -> Response:
    kind = KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(path.read_bytes(), media_type=kind)


async def look(request: Request) -> Response:
    """``GET /look.css``."""
    return Response(web.look(), media_type="text/css")


async def icon(request: Request) -> Response:
    """``GET /favicon.svg``."""
    return Response(ICON, media_type="image/svg+xml")


async def model_functions(request: Request) -> Response:
    """``GET /functions.js``."""
    text = functions.script(session_of(request).open.model.network)
    return Response(f"{text}\nexport {{FUNCTIONS}};\n", media_type="text/javascript")


async def model_data(request: Request) -> Response:
    """``GET /model``."""
    now = session_of(request).open

    def work() -> dict[str, object]:
        return data.of_model(now.sight().model, None)  # digits to try come from /sample, when the data are read

    return as_json(await beside(request, work))


async def health(request: Request) -> Response:
    """``GET /health``."""
    trainer = session_of(request).open.trainer
    return as_json({"ok": trainer.is_alive, "worker": trainer.process.pid})


def _model(now: Open) -> tuple[bytes, str]:
    sight = now.sight()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save_model(sight.model, path)
        return path.read_bytes(), f"step-{sight.seen.step}.safetensors"


def _page(now: Open) -> tuple[bytes, str]:
    sight = now.sight()
    return model_page(sight.model).encode(), f"step-{sight.seen.step}.html"


def _report(now: Open) -> tuple[bytes, str]:
    folder = (now.told or {}).get("folder")
    if folder is None or read_run(folder).result is None:
        raise NotNow("a report is made of a run that is finished: train to the end first")
    return report_page(subject(read_run(folder))).encode(), "report.html"


def _journal(now: Open) -> tuple[bytes, str]:
    return (to_json({"journal": (now.told or {}).get("journal", [])}, indent=1) + "\n").encode(), "journal.json"


DOWNLOADS: dict[str, Callable[[Open], tuple[bytes, str]]] = {
    "model.safetensors": _model,
    "page.html": _page,
    "report.html": _report,
    "journal.json": _journal,
}


async def download(request: Request) -> Response:
    """``GET /download/NAME``."""
    make = DOWNLOADS.get(request.path_params["name"])
    if make is None:
        raise Refused(404, f"there is no such file; there are {', '.join(DOWNLOADS)}")
    now = session_of(request).open
    content, name = await beside(request, lambda: make(now))
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


ROUTES = [
    Route("/", page), Route("/static/{path:path}", static), Route("/look.css", look), Route("/favicon.svg", icon),
    Route("/functions.js", model_functions), Route("/model", model_data), Route("/health", health),
    Route("/download/{name}", download),
]  # fmt: skip
