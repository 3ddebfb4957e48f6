"""What new users of the studio stumbled over: what they saw is what is so, and each message has a way on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pages import ONE, wait_until
from pellucid.analysis.finding import Finding
from pellucid.core.progress import COLUMNS
from pellucid.runs.run import CURVE
from pellucid.studio import telling
from studio.courses import course
from studio.served import Client, studio
from studio.visited import draw, wait_for_step

pytestmark = pytest.mark.slow
LOSS = "document.querySelector('.stat [data-loss]').textContent"


@pytest.fixture
def client(small: Path, tmp_path: Path) -> Iterator[Client]:
    """A studio on 600 digits."""
    with studio(small, tmp_path / "runs") as made:
        yield made


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A studio with the digit model, which is looked at and not changed."""
    with studio(None, tmp_path_factory.mktemp("looked") / "runs") as made:
        made.get("/sample?number=0")
        yield made


def settled(client: Client, shown: Any, step: int) -> None:
    """The page shows a step, and what its θ is worth."""
    wait_for_step(shown, step)
    wait_until(shown, "document.querySelector('[data-accuracy]').textContent !== '–'")
    wait_until(
        shown, f"document.querySelector('[data-theta-hash]').textContent === '{client.get('/state')['run']['hash']}'"
    )


def corner(shown: Any) -> list[str]:
    found: list[str] = shown.locator(".stat p").all_inner_texts()
    return found


# 1. Two tabs.


def test_a_second_tab_shows_at_once_what_the_first_one_shows_while_it_is_paused(client: Client, visit: Any) -> None:
    client.do("epoch")
    one = visit(client)
    step = client.get("/state")["run"]["step"]
    settled(client, one, step)
    wait_until(one, "document.querySelector('#curve-text').textContent === ''")
    other = one.context.new_page()
    other.goto(one.url)
    wait_until(other, "document.querySelector('[data-answer]') !== null")
    settled(client, other, step)
    wait_until(other, "document.querySelector('#curve-text').textContent === ''")
    assert corner(other) == corner(one)


# 2. The loss of the step.


def test_the_loss_is_that_of_the_step_that_is_shown(client: Client, visit: Any) -> None:
    shown = visit(client)
    client.do("start")
    client.wait("finished")
    points = client.get("/history")["points"]
    last = points[-1]
    wait_for_step(shown, last[0])
    seen = {}
    for step in (points[1][0], points[0][0], 0):
        client.do("back", step=step)
        wait_for_step(shown, step)
        seen[step] = shown.evaluate(LOSS)
    assert seen[0] == "–"
    for step, loss, _ in points[:2]:
        assert float(seen[step]) == pytest.approx(loss, abs=6e-4)
    step = points[0][0]
    client.do("back", step=step)
    told = client.session.event()["loss"]
    assert told == pytest.approx(points[0][1])
    client.do("branch", step=step, name="other", knob="learning_rate", value=0.01)
    wait_for_step(shown, step)
    assert client.session.event()["loss"] == pytest.approx(told)
    shown.reload()
    wait_until(shown, "document.querySelector('[data-answer]') !== null")
    wait_for_step(shown, step)
    assert float(shown.evaluate(LOSS)) == pytest.approx(told, abs=6e-4)


def test_between_two_points_of_the_curve_the_loss_is_of_the_steps_around(small: Path) -> None:
    made = course(small, epochs=40)
    made.go(100)
    points = {step: loss for step, loss, _ in made.points}
    steps = sorted(points)
    for step in (1, 17, 50, 99):
        made.back(step)
        around = next(each for each in steps if each >= step)
        assert made.loss_now[0] == points[around]
    made.back(0)
    assert made.loss_now[0] is None
    made.back(50)
    twin = made.branch(50)
    assert twin.loss_now == made.loss_now


def test_the_accuracy_is_of_the_theta_that_is_shown(client: Client) -> None:
    client.do("start")
    client.wait("finished")
    now = client.session.open
    now.watched = now.mark, 0.5
    assert client.session.event()["dev"] == 0.5
    now.watched = (now.version - 1, *now.mark[1:]), 0.25
    assert client.session.event()["dev"] != 0.25


# 3. A past that was made elsewhere.


def a_run_of_the_command(data: Path, folder: Path, pellucid: Any, **more: Any) -> Path:
    words = [each for name, value in more.items() for each in (f"--{name}", str(value))]
    assert pellucid("train", data, "--out", folder, "--quiet", *words).code == 0
    return folder


def test_a_run_of_the_command_shows_the_curve_of_its_epochs(
    small: Path, tmp_path: Path, pellucid: Any, visit: Any
) -> None:
    folder = a_run_of_the_command(small, tmp_path / "run", pellucid, epochs=3)
    with studio(folder, tmp_path / "runs") as client:
        run, found = client.get("/state")["run"], client.get("/history")
        assert [step for step, *_ in found["points"]] == [run["last"] // 3, run["last"] // 3 * 2, run["last"]]
        assert [loss for _, loss, _ in found["points"]] == [one["train_loss"] for one in found["epochs"]]
        shown = visit(client)
        wait_until(shown, "document.querySelector('#curve-text').textContent === ''")
        shown.click("[data-panel=share]")
        assert shown.locator("[href='/download/report.html']").is_visible()
        assert client.http.get("/download/report.html").status_code == 200
        shown.close()


def test_where_no_curve_was_kept_it_is_said(small: Path, tmp_path: Path, visit: Any) -> None:
    made = course(small)
    made.place(tmp_path / "run")
    made.go(3)
    made.save()
    made.run.lock = None
    (tmp_path / "run" / CURVE).unlink()
    with studio(tmp_path / "run", tmp_path / "runs") as client:
        shown = visit(client)
        wait_for_step(shown, 3)
        wait_until(
            shown,
            "document.querySelector('#curve-text').textContent"
            " === 'The curve before step 3 was not kept; the slider still goes there.'",
        )
        shown.close()


def test_a_model_that_was_trained_before_says_so(looked: Client, client: Client, visit: Any) -> None:
    shown = visit(looked)
    wait_until(shown, "document.querySelector('#curve-text').textContent.includes('trained before')")
    other = visit(client)
    wait_until(other, "document.querySelector('#curve-text').textContent.startsWith('No step yet')")


# 4. Do this step.


def test_a_step_says_what_it_did_and_can_be_undone_beside_it(tmp_path: Path, visit: Any) -> None:
    with studio(None, tmp_path / "runs") as client:
        client.get("/sample?number=0")
        shown = visit(client)
        before = client.get("/state")["run"]["hash"]
        assert "stroke" in shown.inner_text("#undo")
        shown.click("[data-label='8']")
        shown.click("#teach")
        wait_until(shown, "document.querySelector('#taught').checkVisibility()")
        assert re.fullmatch(r"dev [\d.]+ % → [\d.]+ %", shown.inner_text("#taught-text"))
        wait_until(shown, "document.querySelector('#score').textContent.includes('→')")
        shown.reload()
        wait_until(shown, "document.querySelector('[data-answer]') !== null")
        wait_until(shown, "document.querySelector('#score').textContent.includes('→')")
        shown.click("[data-label='8']")
        shown.click("#teach")
        wait_until(shown, "document.querySelector('#taught').checkVisibility()")
        shown.click("#untaught")
        wait_until(shown, "!document.querySelector('#taught').checkVisibility()")
        shown.click("#undo-edit")
        wait_until(shown, f"document.querySelector('[data-theta-hash]').textContent === '{before}'")
        wait_until(shown, "document.querySelector('#score').textContent.startsWith('Nothing is changed')")
        shown.close()


# 5. Buttons that do nothing now.


def test_a_disabled_button_looks_so(looked: Client, visit: Any) -> None:
    shown = visit(looked)
    look = """one => {
        const style = getComputedStyle(one);
        return [style.backgroundColor, style.borderTopStyle, style.color, style.cursor];
    }"""
    off, on = (shown.locator(each).evaluate(look) for each in ("#teach", "#clear"))
    assert shown.is_disabled("#teach")
    assert all(p != q for p, q in zip(off, on, strict=True))
    assert off[3] == "not-allowed"


# 6. After a new start.


def test_who_comes_with_an_old_address_is_told_in_a_page_what_to_do(looked: Client) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{looked.studio.port}") as http:
        answer = http.get("/", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "address that it prints" in answer.text
        assert str(looked.studio.port) not in answer.text
        assert len(answer.text) < 1000
        for path in ("/state", "/static/studio/browser/start.js"):
            assert "error" in http.get(path, headers={"accept": "text/html"}).json()
        assert "error" in http.get("/", headers={"accept": "*/*"}).json()
        assert "error" in http.get("/", headers={"accept": "text/html", "host": "evil.example"}).json()


def test_the_notice_of_the_end_says_where_to_go(small: Path, tmp_path: Path, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    shown = context.new_page()
    with studio(small, tmp_path / "runs") as made:
        shown.goto(made.studio.address)
        wait_until(shown, "document.querySelector('[data-answer]') !== null")
    wait_until(shown, "document.querySelector('#said-text').textContent.includes('open the address that it prints')")
    assert shown.inner_text("#run-state") == "ended"
    assert shown.evaluate("getComputedStyle(document.querySelector('#said-buttons button')).whiteSpace") == "nowrap"
    context.close()


# 7. What was meant.


def test_what_was_meant_goes_with_the_drawing(looked: Client, visit: Any) -> None:
    shown = visit(looked)
    pressed = "document.querySelectorAll('#meant [aria-pressed=true]').length"
    shown.click("[data-label='3']")
    draw(shown, ONE)  # in place of the digit that the page had put there
    wait_until(shown, f"{pressed} === 0")
    shown.click("[data-label='1']")
    shown.click("#undo")
    shown.wait_for_timeout(100)
    shown.click("#clear")
    wait_until(shown, f"{pressed} === 0")
    draw(shown, ONE)
    shown.click("[data-label='1']")
    draw(shown, [(100, 60), (180, 60)])
    shown.wait_for_timeout(200)
    assert shown.evaluate(pressed) == 1  # the same drawing, with one stroke more
    shown.focus("#paper")
    shown.keyboard.press("Delete")
    shown.keyboard.press("Delete")
    wait_until(shown, f"{pressed} === 0")


# 8. The report.


def test_why_there_is_no_report_is_said(client: Client, visit: Any) -> None:
    shown = visit(client)
    shown.click("[data-panel=share]")
    assert "train to the end" in shown.inner_text("#report-why")
    client.do("start")
    client.wait("finished")
    wait_until(shown, "document.querySelector('[href=\"/download/report.html\"]').checkVisibility()")
    assert shown.locator("#report-why").is_hidden()
    client.do("back", step=3)
    wait_for_step(shown, 3)
    wait_until(shown, "document.querySelector('#report-why').textContent.includes('go to its last step')")
    assert shown.locator("[href='/download/report.html']").is_hidden()


# 9., 10., 11. What is opened is seen.

COVERED = """() => {
    const zone = document.querySelector("#opened").getBoundingClientRect();
    const rows = [...document.querySelectorAll("#terms tbody tr")].map(row => [row, row.getBoundingClientRect()])
        .filter(([, box]) => box.top >= zone.top && box.bottom <= zone.bottom);
    return [rows.length, rows.filter(([row, box]) =>
        document.elementFromPoint(box.left + 20, (box.top + box.bottom) / 2)?.closest("tr") !== row).length];
}"""


@pytest.mark.parametrize(("size", "meant"), [((1280, 560), False), ((1280, 800), True), ((390, 844), True)], ids=str)
def test_no_row_that_stays_covers_a_short_list(size: tuple[int, int], meant: bool, looked: Client, visit: Any) -> None:
    shown = visit(looked, size, has_touch=size[0] < 700)
    if meant:
        shown.click("[data-label='3']")
    shown.click("[data-layer='1'][data-neuron='4']")
    for scroll in (0, 120, 240, 320):
        shown.evaluate(f"document.querySelector('#opened').scrollTop = {scroll}")
        shown.wait_for_timeout(50)
        assert shown.evaluate(COVERED)[1] == 0
    assert shown.evaluate(COVERED)[0] > 1


def test_the_row_that_stays_covers_one_row_at_most(looked: Client, visit: Any) -> None:
    shown = visit(looked)
    shown.click("[data-layer='1'][data-neuron='4']")
    rows, covered = shown.evaluate(COVERED)
    assert rows > 3
    assert covered <= 1


def test_another_neuron_is_shown_from_its_heading_on(looked: Client, visit: Any) -> None:
    shown = visit(looked)
    shown.click("[data-layer='1'][data-neuron='4']")
    shown.evaluate("document.querySelector('#opened').scrollTop = 400")
    shown.wait_for_timeout(50)
    shown.click("[data-layer='1'][data-neuron='5']")
    zone, title = (shown.locator(each).bounding_box() for each in ("#opened", "#opened-title"))
    assert title["y"] >= zone["y"]


def test_to_begin_anew_is_in_view_and_asked_for_in_one_place(client: Client, visit: Any) -> None:
    shown = visit(client)
    shown.click("[data-panel=training]")
    shown.click("#anew summary")
    shown.wait_for_timeout(200)
    zone = shown.locator("#opened").bounding_box()

    def in_view(which: str) -> bool:
        box = shown.locator(which).bounding_box()
        return bool(zone["y"] <= box["y"] and box["y"] + box["height"] <= zone["y"] + zone["height"])

    assert in_view("#new-hidden")
    shown.click("#forget")
    assert in_view("#forget-sure")
    assert shown.locator("#forget").is_hidden()
    assert shown.evaluate("document.activeElement.id") == "forget-sure"
    shown.click("#keep-it")
    assert shown.evaluate("document.activeElement.id") == "forget"
    assert shown.locator("#forget-sure").is_hidden()


# 12. The words of the page.


def test_what_if_speaks_the_words_of_the_page(client: Client, visit: Any) -> None:
    client.do("freeze", layer=2, neuron=10, bias=True)
    said = client.refused("/command", {"do": "off", "layer": 2, "neuron": 10, "bias": True})
    assert said == "the bias of neuron 10 in layer 2: is frozen already; let it go first (Let go)"
    shown = visit(client)
    shown.click("[data-layer='2'][data-neuron='3']")
    before = shown.input_value("#what-value")
    shown.fill("#what-value", "abc")
    shown.keyboard.press("Enter")
    assert "“abc” is not a number" in shown.inner_text("#said-text")
    assert shown.input_value("#what-value") == before


# 13. What cannot help is not offered.


def test_dead_neurons_are_told_once_and_only_the_start_is_offered(client: Client, visit: Any) -> None:
    client.do("epoch")
    shown = visit(client)

    def with_finding(route: Any) -> None:
        answer = route.fetch()
        told = {
            "layer": 2, "quantity": "a", "fault": "16 of 16 neurons of layer 2 are dead", "evidence": "before: 0",
            "remedy": "learning_rate=0.07", "lasting": True, "knob": "learning_rate", "value": 0.07, "anew": None,
        }  # fmt: skip
        route.fulfill(response=answer, json={**answer.json(), "findings": [told]})

    shown.route("**/state", with_finding)
    client.do("step")
    shown.click("[data-panel=training]")
    wait_until(shown, "document.querySelector('#findings [data-finding]') !== null")
    assert shown.inner_text("#findings h3") == "16 of 16 neurons of layer 2 are dead"
    assert shown.locator("[data-remedy]").all_inner_texts() == ["Branch from step 0 with learning rate 0.07"]


def test_what_lasts_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = Finding(2, "a", "16 of 16 neurons of layer 2 are dead", "before: 0", "learning_rate=0.07")
    rate = Finding(None, "learning_rate", "the learning rate is too large", "it rose", "learning_rate=0.07")
    monkeypatch.setattr(telling, "diagnose", lambda *_, **__: [dead, rate])
    client.do("epoch")
    now = client.session.open
    found = telling.findings(now, [[1.0] * len(COLUMNS)])
    assert [(one["knob"], one["lasting"]) for one in found] == [("learning_rate", True), ("learning_rate", False)]


# 14., 15., 17. What stands on the screen is explained, short, and whole.


def test_the_second_bar_is_explained_once_there_is_one(looked: Client, visit: Any) -> None:
    shown = visit(looked)
    assert "δ" not in shown.inner_text("#reading")
    shown.click("[data-label='3']")
    assert "δ" in shown.inner_text("#reading")
    shown.click("[data-label='3']")
    assert "δ" not in shown.inner_text("#reading")


def test_the_answer_of_a_table_is_as_its_file_has_it_and_names_break_at_their_joints(
    tmp_path: Path, visit: Any
) -> None:
    rows = [f"{k / 7:.3f},{k * k % 13},{k % 90 + 1}" for k in range(300)]
    table = tmp_path / "t.csv"
    table.write_text("width_of_the_leaf_in_millimetres,another_rather_long_name,y\n" + "\n".join(rows) + "\n")
    with studio(table, tmp_path / "runs") as client:
        shown = visit(client)
        for _ in range(3):
            shown.evaluate("document.querySelector('#told').textContent = ''")
            shown.click("#next-sample")
            wait_until(shown, "document.querySelector('#told').textContent.includes('True answer')")
            assert re.fullmatch(r"\d+", shown.inner_text("#told").rpartition(": ")[2].rstrip("."))
        assert shown.locator("#network .input .name wbr").count() >= 8
        assert shown.locator("#row label wbr").count() >= 8
        shown.close()


# 19. An error is seen.


def test_the_error_of_a_file_is_in_view(client: Client, visit: Any) -> None:
    shown = visit(client, (1280, 420), refused=True)
    shown.click("[data-panel=data]")
    shown.set_input_files("#table-file", {"name": "empty.csv", "mimeType": "text/csv", "buffer": b""})
    wait_until(shown, "document.querySelector('#understood [data-refused]') !== null")
    zone, box = (shown.locator(each).bounding_box() for each in ("#opened", "#understood [data-refused]"))
    assert box["y"] + box["height"] <= zone["y"] + zone["height"]
