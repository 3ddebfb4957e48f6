"""A studio's page, opened in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest

from pages import wait_until
from studio.served import Client

WATCH = """
window.shifts = 0;
new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value;
}).observe({type: "layout-shift", buffered: true});
window.answered = 0;
new MutationObserver(() => {
    if (!window.answered && document.querySelector("[data-answer]")) window.answered = performance.now();
}).observe(document, {childList: true, subtree: true});
"""
REFUSED = "Failed to load resource: the server responded with a status of 4"  # so the browser itself says a refusal


def is_fault(said: Any, refused: bool) -> bool:
    """Whether what a console was told is a fault; a refusal is none where one is expected."""
    return said.type == "error" and not (refused and said.text.startswith(REFUSED))


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Open a studio's page; at the end no script has failed, nothing was forbidden, and nothing came from elsewhere."""
    opened, faults, asked = [], list[str](), list[str]()

    def open_it(
        client: Client, size: tuple[int, int] = (1280, 800), at: str = "", *, refused: bool = False, **more: Any
    ) -> Any:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)
        opened.append(context)
        context.add_init_script(WATCH)
        shown = context.new_page()
        shown.on("pageerror", lambda fault: faults.append(str(fault)))
        shown.on("console", lambda said: faults.append(said.text) if is_fault(said, refused) else None)
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(client.studio.address + at)
        wait_until(shown, "document.querySelector('[data-answer]') !== null")
        return shown

    yield open_it
    for context in opened:
        context.close()
    assert faults == []
    assert all(url.startswith(("http://127.0.0.1:", "data:", "blob:")) for url in asked)
