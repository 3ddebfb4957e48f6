"""A studio that tests speak to: its server in a thread, and a client that has been let in."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from pellucid.studio.opened import opening
from pellucid.studio.server import Studio, listening
from pellucid.studio.session import Session

PATIENCE = 60.0


class Client:
    """What the page does: asks, sends commands, reads frames."""

    def __init__(self, studio: Studio, http: httpx.Client) -> None:
        self.studio, self.http = studio, http

    @property
    def session(self) -> Session:
        return self.studio.session

    def get(self, path: str, **more: Any) -> Any:
        answer = self.http.get(path, **more)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.json()

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, content=json.dumps(body), headers={"content-type": "application/json"})

    def asked(self, path: str, body: Any) -> Any:
        answer = self.post(path, body)
        assert answer.status_code in (200, 202), (path, body, answer.status_code, answer.text[:500])
        return answer.json()

    def do(self, do: str, **more: Any) -> Any:
        return self.asked("/command", {"do": do, **more})

    def refused(self, path: str, body: Any, status: int = 400) -> str:
        answer = self.post(path, body)
        assert answer.status_code == status, (answer.status_code, answer.text[:500])
        error: str = answer.json()["error"]
        assert "\n" not in error
        assert "Traceback" not in error
        return error

    def wait(self, state: str, seconds: float = PATIENCE) -> Any:
        """Until the training is in a state."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.get("/state")
            if found["run"]["state"] == state:
                return found
            time.sleep(0.02)
        raise AssertionError(f"it never was {state}: {found['run']}")

    def frame(self, query: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The head of a frame, and its blocks."""
        answer = self.http.get(f"/frame?{query}")
        assert answer.status_code == 200, answer.text[:500]
        return unpacked(answer.content)


def unpacked(content: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    assert content[:4] == b"PLF1"
    length = int.from_bytes(content[4:8], "little")
    head, start = json.loads(content[8 : 8 + length]), 8 + length
    assert start % 8 == 0
    blocks = {}
    for one in head["blocks"]:
        assert one["at"] % 8 == 0
        part = content[start + one["at"] : start + one["at"] + one["bytes"]]
        blocks[one["name"]] = np.frombuffer(part, one["type"]).reshape(one["shape"])
    return head, blocks


@contextlib.contextmanager
def studio(place: Path | str | None, home: Path) -> Iterator[Client]:
    """A studio that is open, with a client; at the end nothing of it is left."""
    made = Studio(Session(opening(None if place is None else str(place), home), home), listening("127.0.0.1", 0))
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{made.port}", timeout=PATIENCE) as http:
            until = time.monotonic() + PATIENCE
            while True:
                with contextlib.suppress(httpx.ConnectError):
                    if http.get("/", params={"token": made.token}).status_code == 303:
                        break
                assert time.monotonic() < until
                time.sleep(0.02)
            client = Client(made, http)
            client.wait("paused")
            yield client
    finally:
        process = made.session.open.trainer.process
        made.stop()
        thread.join(20)
        assert not thread.is_alive()
        assert not process.is_alive()
