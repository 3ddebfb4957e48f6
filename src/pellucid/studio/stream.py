"""What is announced: server-sent events, each of which says all, so that nobody who is slow needs a queue."""

from collections.abc import AsyncIterator

from pellucid._files.values import to_json
from pellucid.studio.session import LOOK, Session

QUIET = 15.0  # seconds until a remark says that the stream is there
MOST = 512  # streams
AT_ONCE = 4000 / 60  # clients who get all twenty events a second; more of them get fewer


async def events(session: Session) -> AsyncIterator[bytes]:
    """The events for one who listens, until the studio ends."""
    session.clients += 1
    number, said, landscape = 0, "", (0, 0)
    try:
        while not session.closing:
            parts, pulse = [], session.pulse
            if session.number != number:
                number = session.number
                parts.append(_event("state", {"state": number}))
            now = session.event()
            told = to_json(now)
            if told != said:
                said = told
                parts.append(_event("step", now, now["step"]))
            surface = session.open.landscape
            if (surface.done, surface.of) != landscape:
                landscape = surface.done, surface.of
                parts.append(_event("landscape", {"done": surface.done, "of": surface.of, "error": surface.error}))
            if parts:
                yield "".join(parts).encode()
            else:
                yield b": still here\n\n"
            await session.pause(LOOK * max(1.0, session.clients / AT_ONCE))
            await session.news(pulse, QUIET)
    finally:
        session.clients -= 1


def _event(name: str, told: dict[str, object], step: object = None) -> str:
    number = "" if step is None else f"id: {step}\n"
    return f"event: {name}\n{number}data: {to_json(told)}\n\n"
