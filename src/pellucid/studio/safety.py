"""Who may ask: this machine's own browser, with the cookie that the token was exchanged for; and what an answer allows.

Every page that is open in the same browser can send requests to a port of this machine, and a name that somebody
else owns can be made to lead to it. So the name that is asked for must be this machine's, the page that asks must be
ours, and who asks must know the token, which is printed for the user alone.
"""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pellucid._files.values import to_json

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")  # the port may be another: ssh -L
BODIES = ("application/json", "application/octet-stream", "image/png")  # which no form of another page can send
MOST_UPLOAD = 64 * 10**6
MOST_JSON = 2 * 10**6
MOST_HEADERS = 100
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
NOT_LET_IN = "not let in: open the address that pellucid studio printed, with its token"
NOT_LET_IN_PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>pellucid studio</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<h1>This address lets nobody in</h1>
<p>It is that of a studio that has ended, or one without its token. Start it again in a terminal with
<code>pellucid studio</code>, and open the address that it prints: each start has an address of its own.</p></html>
"""
HANDED_ON = b'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>pellucid</title>'


class Refused(Exception):  # noqa: N818  (an answer)
    """An answer that refuses: its status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Door:
    """Lets in who may ask, and puts what every answer says of itself on it."""

    def __init__(self, app: App, token: str, port: int) -> None:
        self.app, self._token = app, token
        self.cookie, self._key = f"pellucid-{port}", secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # nothing else is spoken here
        guarded = _with_headers(send)
        try:
            headers = _headers(scope)
            self._check_host(headers)
            token = _token(scope)
            if token is not None:
                await self._exchange(token, headers, guarded)
                return
            self._check_cookie(headers)
            _check_origin(scope, headers)
            _check_body(scope, headers)
        except Refused as refused:
            if refused.why == NOT_LET_IN and _is_page(scope):
                await _answer(guarded, refused.status, NOT_LET_IN_PAGE, b"text/html; charset=utf-8")
            else:
                await answer(guarded, refused.status, refused.why)
            return
        await self.app(scope, receive, guarded)

    def _check_host(self, headers: dict[str, list[str]]) -> None:
        hosts = headers.get("host", [])
        if len(hosts) != 1 or LOOPBACK.fullmatch(hosts[0].lower()) is None:
            raise Refused(
                403, "not let in: the studio answers to 127.0.0.1 and localhost alone; from elsewhere: ssh -L"
            )

    def _check_cookie(self, headers: dict[str, list[str]]) -> None:
        known = [
            value.strip()
            for line in headers.get("cookie", [])
            for name, _, value in (one.strip().partition("=") for one in line.split(";"))
            if name == self.cookie
        ]
        if not any(hmac.compare_digest(value.encode(), self._key.encode()) for value in known):
            raise Refused(403, NOT_LET_IN)

    async def _exchange(self, token: str, headers: dict[str, list[str]], send: Send) -> None:
        """The cookie for the token, and on to the clean address.

        A page that leads here from elsewhere, such as the file with which the browser is opened, would be led on
        without the cookie, which is for our own pages: a page of ours goes on by itself.
        """
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Refused(403, NOT_LET_IN)
        cookie = f"{self.cookie}={self._key}; HttpOnly; SameSite=Strict; Path=/".encode()
        straight = headers.get("sec-fetch-site", ["none"]) in (["none"], ["same-origin"])
        kind = (b"location", b"/") if straight else (b"content-type", b"text/html; charset=utf-8")
        status, body = (303, b"") if straight else (200, HANDED_ON)
        await send({"type": "http.response.start", "status": status, "headers": [kind, (b"set-cookie", cookie)]})
        await send({"type": "http.response.body", "body": body})


def _headers(scope: Scope) -> dict[str, list[str]]:
    if len(scope["headers"]) > MOST_HEADERS:
        raise Refused(400, f"the request has more than {MOST_HEADERS} headers; send fewer")
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _token(scope: Scope) -> str | None:
    """The token of an address, which only the page itself takes."""
    if scope["path"] != "/" or scope["method"] != "GET":
        return None
    given = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20).get("token")
    return None if given is None else given[0]


def _is_page(scope: Scope) -> bool:
    """Whether it is the page itself that is asked for, by a person's browser."""
    kinds = [value for name, value in scope["headers"] if name.lower() == b"accept"]
    return scope["path"] == "/" and scope["method"] == "GET" and any(b"text/html" in kind for kind in kinds)


def _check_origin(scope: Scope, headers: dict[str, list[str]]) -> None:
    """Only our own page may ask; the page itself may be opened from anywhere."""
    if scope["path"] == "/" and scope["method"] == "GET":
        return
    sites = headers.get("sec-fetch-site", [])
    origins = headers.get("origin", [])
    own = headers["host"][0].lower()
    if any(site not in ("same-origin", "none") for site in sites):
        raise Refused(403, "not let in: another page asks; only the studio's own may")
    if any(urlsplit(origin).netloc.lower() != own or not origin.startswith("http://") for origin in origins):
        raise Refused(403, "not let in: another page asks; only the studio's own may")


def _check_body(scope: Scope, headers: dict[str, list[str]]) -> None:
    """What is sent must be of a type that no form of another page can send, and not too long."""
    if scope["method"] in ("GET", "HEAD"):
        return
    if scope["method"] != "POST":
        raise Refused(405, f"{scope['method'][:20]}: is not spoken here; take GET or POST")
    kind = headers.get("content-type", [""])[0].partition(";")[0].strip().lower()
    if kind not in BODIES:
        raise Refused(415, f"content-type {kind[:40]!r}: send one of {', '.join(BODIES)}")
    length = headers.get("content-length", ["0"])[0]
    if not (length.isascii() and length.isdigit()):
        raise Refused(400, "content-length: is no number")
    if int(length) > (MOST_JSON if kind == "application/json" else MOST_UPLOAD):
        raise Refused(413, too_large(kind))


def too_large(kind: str) -> str:
    """What is said of a body that is too long."""
    most = MOST_JSON if kind == "application/json" else MOST_UPLOAD
    return f"what is sent is larger than the {most // 10**6} MB that are read here; send a part of it"


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            given: Iterable[Any] = message.get("headers", [])
            names = {name.lower() for name, _ in given}
            message["headers"] = [*given, *((name, value) for name, value in HEADERS if name not in names)]
        await send(message)

    return guarded


async def answer(send: Send, status: int, why: str) -> None:
    """An error as every answer says it."""
    await _answer(send, status, to_json({"error": why}).encode(), b"application/json")


async def _answer(send: Send, status: int, body: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
