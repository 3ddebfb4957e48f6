"""Requests read with care: their bodies, bounded while they are read, and the numbers in their addresses."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pellucid._files.values import to_json
from pellucid.core.errors import InputError
from pellucid.studio.safety import MOST_JSON, MOST_UPLOAD, Refused, too_large


async def body(request: Request) -> bytes:
    """What was sent; it is not read on where it is longer than it may be."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    most = MOST_JSON if kind == "application/json" else MOST_UPLOAD
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > most:
            raise Refused(413, too_large(kind))
        parts.append(part)
    return b"".join(parts)


async def fields(request: Request) -> dict[str, Any]:
    """The object of JSON that was sent.

    Raises:
        InputError: it is none.
    """
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise Refused(415, "send application/json")
    try:
        found = json.loads(await body(request), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the request is no JSON ({str(error)[:80]}); correct it") from None
    if not isinstance(found, dict):
        raise InputError('the request is no object of JSON; send one, such as {"do": "pause"}')
    _check_texts(found)
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _check_texts(found: Any) -> None:
    """Refuse halves of characters, which cannot be written anywhere."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        raise InputError("the request holds a text with half a character, or is too deep; correct it") from None


def whole(request: Request, name: str, usual: int | None, *, most: int = 10**12) -> int:
    """A whole number of the address.

    Raises:
        InputError: it is none, or it is missing where there is no usual one.
    """
    text = request.query_params.get(name)
    if text is None and usual is not None:
        return usual
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) <= most):
        raise InputError(f"{name}={str(text)[:20]!r}: give a whole number from 0 to {most}")
    return int(text)


def text(request: Request, name: str) -> str | None:
    """A text of the address."""
    return request.query_params.get(name)


def flag(request: Request, name: str) -> bool:
    """Whether the address says 1 for a name."""
    return request.query_params.get(name) == "1"


def as_json(found: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(to_json(found), status, media_type="application/json")
