"""The server: the door, the answers, the streams; started on a free port of this machine, and ended within a second."""

import asyncio
import contextlib
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from html import escape
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pellucid.core import threads
from pellucid.core.errors import InputError
from pellucid.studio import routes_do, routes_files, routes_look
from pellucid.studio.asked import as_json
from pellucid.studio.course import NotNow
from pellucid.studio.safety import Door, Refused
from pellucid.studio.session import Session
from pellucid.studio.trainer import Gone

TRIES = 50  # ports after the one that is asked for
LOOPBACK = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}
GONE = "the training has ended, and is started again from what it had saved; ask again in a moment"


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on a port of this machine, or on the next one that is free; 0 is any.

    Raises:
        InputError: the host is not this machine, or no port is free.
    """
    if host not in LOOPBACK:
        raise InputError(
            f"host={host!r}: the studio speaks to this machine alone, 127.0.0.1; from another one: "
            f"ssh -L {port}:127.0.0.1:{port}"
        )
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    for number in range(port, min(65536, port + TRIES)) if port else (0,):
        found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or answers wait 40 ms (Nagle)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((LOOPBACK[host], number))
            found.listen(256)
        except OSError:
            found.close()
            continue
        return found
    raise InputError(f"port={port}: it and the {TRIES - 1} after it are taken; name another one")


class Studio:
    """The server of one session. ``address`` lets the browser in, with the token."""

    def __init__(self, session: Session, sock: socket.socket) -> None:
        self.session, self._socket = session, sock
        self.port = int(sock.getsockname()[1])
        self.token = secrets.token_urlsafe(32)
        self.app = app_of(session, self.stop)
        self.door = Door(self.app, self.token, self.port)
        config = uvicorn.Config(
            self.door, log_level="critical", access_log=False, lifespan="on", ws="none", server_header=False,
            date_header=False, timeout_graceful_shutdown=1, h11_max_incomplete_event_size=64 * 1024,
        )  # fmt: skip
        self._server = _Server(config, session)

    @property
    def address(self) -> str:
        """Where the browser goes."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def stop(self) -> None:
        """End the studio; from any thread."""
        self._server.handle_exit(0, None)

    def run(self) -> None:
        """Serve until the end: a signal, or ``stop``; the signal acts as it would have without us, afterwards."""
        with threads.limited(1):  # the training has the other cores
            self._server.run(sockets=[self._socket])


class _Server(uvicorn.Server):
    """A server that lets the streams end before it waits for them."""

    def __init__(self, config: uvicorn.Config, session: Session) -> None:
        super().__init__(config)
        self._session = session

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._session.closing = True
        self._session.wake()
        if sig:
            super().handle_exit(sig, frame)
        self.should_exit = True


def app_of(session: Session, end: Callable[[], None]) -> Starlette:
    """The answers, without the door."""

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(session.watch())
        try:
            yield
        finally:
            watching.cancel()
            await session.end()

    handlers: dict[Any, Callable[[Request, Any], Any]] = {
        Refused: _refused, NotNow: _not_now, InputError: _wrong, Gone: _gone, HTTPException: _no_such,
        OSError: _not_written,
        Exception: _fault,
    }  # fmt: skip
    routes = [*routes_look.ROUTES, *routes_do.ROUTES, *routes_files.ROUTES]
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=life)
    app.state.session, app.state.end, app.state.files = session, end, routes_files.known_files()
    return app


async def _refused(request: Request, error: Refused) -> Response:
    return as_json({"error": error.why}, error.status)


async def _not_now(request: Request, error: NotNow) -> Response:
    return as_json({"error": str(error)}, 409)


async def _wrong(request: Request, error: InputError) -> Response:
    return as_json({"error": str(error)}, 400)


async def _gone(request: Request, error: Gone) -> Response:
    return as_json({"error": GONE}, 503)


async def _not_written(request: Request, error: OSError) -> Response:
    return as_json({"error": f"the disk says: {error.strerror or error}; make room, or choose another folder"}, 409)


async def _no_such(request: Request, error: HTTPException) -> Response:
    why = "there is no such address" if error.status_code == 404 else str(error.detail)
    return as_json({"error": why}, error.status_code)


async def _fault(request: Request, error: Exception) -> Response:
    return as_json({"error": "a fault of the studio itself; what was asked for was not done"}, 500)


@contextlib.contextmanager
def doorway(address: str) -> Any:
    """A file that leads a browser to an address, so that the token is in no list of processes; it goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="pellucid-") as folder:
        path = Path(folder) / "studio.html"
        path.touch(mode=0o600)
        to = escape(address)
        path.write_text(f'<!doctype html><meta http-equiv="refresh" content="0;url={to}"><a href="{to}">studio</a>\n')
        yield path
