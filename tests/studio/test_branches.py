"""Branches are found again when their studio is opened anew: by any of their runs, without those that are damaged."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.core.progress import COLUMNS
from pellucid.studio import commands, worker
from pellucid.studio.commands import Courses
from pellucid.studio.opened import opening
from studio.courses import course, sha
from studio.served import Client, studio


def branched(data: Path, home: Path) -> Courses:
    """A course at step 30, one from its step 12, and one from that one's step 15."""
    courses = Courses({"a": course(data, epochs=6)}, home=home)
    commands.step(courses, {"count": 30})
    commands.branch(courses, {"step": 12, "name": "slow", "knob": "learning_rate", "value": 0.05})
    commands.step(courses, {"count": 5})
    commands.branch(courses, {"step": 15, "knob": "dropout", "value": 0.2})
    commands.step(courses, {"count": 4})
    for one in courses.by_id.values():
        one.save()
        one.run.lock = None  # as the system does with the lock of a process that is gone
    return courses


def hashes(courses: Courses, steps: Mapping[str, Sequence[int]]) -> dict[tuple[str, int], str]:
    found = {}
    for letter, each in steps.items():
        for step in each:
            courses.by_id[letter].back(step)
            found[letter, step] = sha(courses.by_id[letter].theta)
    return found


def opened_again(folder: Path) -> Courses:
    return worker._open(opening(str(folder)).plan)


STEPS = {"a": (0, 7, 13, 29, 30), "b": (0, 12, 13, 17), "c": (3, 14, 16, 19)}


@pytest.mark.parametrize("letter", "abc")
def test_each_of_their_runs_finds_them_all_with_names_places_curves_and_bits(
    letter: str, small: Path, tmp_path: Path
) -> None:
    made = branched(small, tmp_path / "runs")
    again = opened_again(made.by_id[letter].run.folder)
    assert (again.active, again.left_out, again.names) == (letter, [], made.names)
    assert again.origin == made.origin
    assert again.origin["b"] == ("a", 12, "learning rate 0.7 → 0.05")
    for each, one in made.by_id.items():
        assert again.by_id[each].step == one.last
        assert np.array_equal(again.by_id[each].rows, one.rows, equal_nan=True)
        assert again.by_id[each].points == one.points != []
    assert hashes(again, STEPS) == hashes(made, STEPS)


def test_a_course_that_was_left_in_its_past_comes_back_with_all_its_steps(small: Path, tmp_path: Path) -> None:
    made = course(small)
    made.place(tmp_path / "run")
    made.go(13)
    hashed = sha(made.theta)
    made.back(5)
    written = (tmp_path / "run" / "checkpoint.safetensors").stat().st_mtime_ns
    made.back(13)
    made.back(4)
    assert (tmp_path / "run" / "checkpoint.safetensors").stat().st_mtime_ns == written  # once is enough
    made.run.lock = None
    again = opened_again(tmp_path / "run")
    assert (again.course.last, sha(again.course.theta)) == (13, hashed)


def garbled(name: str) -> Callable[[Path], None]:
    def garble(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:40] + b"?")

    return garble


def another(folder: Path) -> None:
    shutil.rmtree(folder)
    np.savez(folder.parent / "other.npz", X=np.random.default_rng(0).normal(size=(60, 4)), y=np.arange(60) % 2)
    course(folder.parent / "other.npz", hidden=(3,)).place(folder)


def without_sense(folder: Path) -> None:
    line = json.loads((folder / "journal.jsonl").read_text())
    with (folder / "journal.jsonl").open("a") as file:
        file.write(json.dumps({**line, "id": 2, "step": 18, "about": {}}) + "\n")


HARM: dict[str, Callable[[Path], object]] = {
    "gone": shutil.rmtree,
    "run.json": garbled("run.json"),
    "checkpoint": garbled("checkpoint.safetensors"),
    "journal": lambda folder: (folder / "journal.jsonl").write_text("{}\n"),
    "a journal without sense": without_sense,
    "another network": another,
}


@pytest.mark.parametrize("harm", HARM)
def test_a_branch_that_is_damaged_is_told_in_a_sentence_and_the_others_are_there(
    harm: str, small: Path, tmp_path: Path
) -> None:
    made = branched(small, tmp_path / "runs")
    HARM[harm](made.by_id["b"].run.folder)
    again = opened_again(made.by_id["a"].run.folder)
    assert list(again.by_id) == ["a", "c"]
    (said,) = again.left_out
    assert said.startswith("branch slow: is left out, since ")
    assert "\n" not in said
    others = {letter: STEPS[letter] for letter in "ac"}
    assert hashes(again, others) == hashes(made, others)


def test_damaged_notes_cost_no_run(small: Path, tmp_path: Path) -> None:
    made = branched(small, tmp_path / "runs")
    first, slow = made.by_id["a"].run.folder, made.by_id["b"].run.folder
    for text in ("{", "[]", '{"id": "a", "branches": [{"id": "a"}]}', '{"id": "z", "branches": []}'):
        (first / "branches.json").write_text(text)
        alone = opened_again(first)
        assert (list(alone.by_id), len(alone.left_out)) == (["a"], 1)
        assert "comes without the branches beside it" in alone.left_out[0]
        del alone
    about = json.loads((slow / "branches.json").read_text())
    about["branches"][0]["folder"] = "../../etc"
    (slow / "branches.json").write_text(json.dumps(about))
    (slow / "curve.safetensors").write_bytes(b"?")
    again = opened_again(slow)
    epochs = [row[COLUMNS.index("steps")] for row in again.course.rows]
    assert (list(again.by_id), [step for step, *_ in again.course.points]) == (["b", "c"], epochs)
    assert str(slow.parent / "etc") in again.left_out[0]


def test_a_branch_that_was_dropped_stays_away(small: Path, tmp_path: Path) -> None:
    made = branched(small, tmp_path / "runs")
    dropped = made.by_id["b"].run.folder
    commands.drop(made, {"branch": "b"})
    again = opened_again(made.by_id["a"].run.folder)
    assert (list(again.by_id), again.left_out) == (["a", "c"], [])
    assert list(opened_again(dropped).by_id) == ["a"]


@pytest.mark.slow
def test_the_studio_shows_and_compares_the_branches_that_it_left(small: Path, tmp_path: Path) -> None:
    def curves(client: Client) -> list[Any]:
        return [client.get(f"/history?branch={letter}") for letter in "ab"]

    with studio(small, tmp_path / "runs") as client:
        client.do("step", count=30)
        client.do("branch", step=12, name="slow", knob="learning_rate", value=0.05)
        client.do("step", count=5)
        before, known = client.get("/state"), curves(client)
    with studio(before["branches"][0]["folder"], tmp_path / "runs") as client:
        state = client.get("/state")
        shown = ("id", "name", "from", "changed", "step", "last", "folder")
        for now, was in zip(state["branches"], before["branches"], strict=True):
            assert [now[name] for name in shown] == [was[name] for name in shown]
        assert (state["run"]["branch"], state["left_out"], curves(client)) == ("a", [], known)
        assert set(client.get("/answer?input=dev:0&branches=1")["branches"]) == {"b"}
        head, _ = client.frame("theta=1&branch=b")
        assert (head["step"], head["hash"]) == (17, before["run"]["hash"])
        client.do("choose", branch="b")
        assert client.get("/state")["run"]["hash"] == before["run"]["hash"]
        client.do("drop", branch="a")
    shutil.rmtree(before["branches"][1]["folder"])
    with studio(before["branches"][0]["folder"], tmp_path / "runs") as client:
        assert [one["id"] for one in client.get("/state")["branches"]] == ["a"]
