"""The studio in a real browser: let in by the address and by the file that opens it, alive, under its own policy."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pages import wait_until
from pellucid.studio.server import doorway
from studio.served import Client, studio

pytestmark = pytest.mark.slow


@pytest.fixture
def client(small: Path, tmp_path: Path) -> Iterator[Client]:
    with studio(small, tmp_path / "runs") as made:
        yield made


@contextlib.contextmanager
def page_of(browser: Any) -> Iterator[Any]:
    """A page on which no script fails, and nothing is forbidden."""
    context, faults = browser.new_context(), list[str]()
    shown = context.new_page()
    shown.on("pageerror", lambda fault: faults.append(str(fault)))
    shown.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield shown
    context.close()
    assert faults == []


def number(shown: Any, name: str) -> str:
    text: str = shown.inner_text(f"[data-{name}]").strip()
    return text


def test_it_shows_an_answer_and_trains(client: Client, browser: Any) -> None:
    with page_of(browser) as shown:
        shown.goto(client.studio.address)
        assert shown.url == f"http://127.0.0.1:{client.studio.port}/"
        wait_until(shown, "document.querySelector('[data-answer]')?.textContent.trim()")
        assert number(shown, "step") == "0"
        shown.locator("[data-action=step]").first.click()
        wait_until(shown, "document.querySelector('[data-step]').textContent.replace(/\\D/g, '') === '1'")
        shown.locator("[data-action=train]").first.click()
        wait_until(shown, "Number(document.querySelector('[data-step]').textContent.replace(/\\D/g, '')) > 3")
        state = client.wait("finished")
        wait_until(
            shown, f"document.querySelector('[data-theta-hash]').textContent.trim() === '{state['run']['hash']}'"
        )


def test_the_file_that_opens_the_browser_lets_it_in(client: Client, browser: Any) -> None:
    with doorway(client.studio.address) as path, page_of(browser) as shown:
        assert client.studio.token not in str(path)
        shown.goto(path.as_uri())
        shown.wait_for_url(f"http://127.0.0.1:{client.studio.port}/")
        wait_until(shown, "document.querySelector('[data-answer]') !== null")
    assert not path.exists()


def test_seven_tabs_are_open_at_once(client: Client, browser: Any) -> None:
    context = browser.new_context()
    tabs = [context.new_page() for _ in range(7)]
    for tab in tabs:
        tab.goto(client.studio.address)
    for tab in tabs:
        wait_until(tab, "document.querySelector('[data-answer]')?.textContent.trim()")
    assert client.session.clients == 1
    context.close()
