"""The page of questions holds what its script asks, and each command still answers."""

import re
from pathlib import Path

import pytest

from make_questions import MAKE, PAGE, answer, prepared, shortened
from questions import QUESTIONS, Question
from replay import assert_alike, blocks

ENTRY = re.compile(r"## (\d+)\. (.+?)\n\n```\n(.+?)\n```\n\n```text\n(.+?)\n```", re.DOTALL)
SAME_EVERYWHERE = ("pellucid explain --example three-neurons", "pellucid doctor")  # float64, few operations, no times
SAME_BUT_FOR_LAST_DIGITS = ("pellucid explain --sample", "pellucid predict", "pellucid plot")  # no training, no times


def on_the_page() -> list[tuple[str, ...]]:
    return ENTRY.findall(PAGE.read_text(encoding="utf8"))


def test_the_page_has_thirty_questions_and_one_command_and_its_output_for_each() -> None:
    entries = on_the_page()
    assert len(entries) >= 30
    assert [(text, command) for _, text, command, _ in entries] == [(q.text, q.command) for q in QUESTIONS]
    assert [int(number) for number, *_ in entries] == list(range(1, len(entries) + 1))
    for *_, command, output in entries:
        assert "\n" not in command
        assert output.strip(), command


def test_every_link_of_its_contents_leads_to_a_heading() -> None:
    text = PAGE.read_text(encoding="utf8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(#(.+?)\)", text)
    assert len(links) >= len(QUESTIONS)
    assert set(links) <= anchors


def test_what_the_commands_find_in_their_folder_is_made_by_the_lines_above_them() -> None:
    assert blocks(PAGE)[0].text.strip() == MAKE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands find in theirs, and the run that the first of them trains."""
    made = tmp_path_factory.mktemp("questions")
    prepared(made)
    answer(QUESTIONS[0], made)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, len(QUESTIONS)), ids=lambda number: QUESTIONS[number].text)
def test_each_command_answers(number: int, folder: Path) -> None:
    question: Question = QUESTIONS[number]
    text = shortened(answer(question, folder), question)
    shown = on_the_page()[number][-1]
    if question.command.startswith(SAME_EVERYWHERE):
        assert text == shown
    elif question.command.startswith(SAME_BUT_FOR_LAST_DIGITS):
        assert_alike(shown, text)
