"""What the server answers: the numbers are the network's own, and what is asked for is done."""

import base64
import csv
import io
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid.model.model_file import load
from pellucid.runs import read_run
from studio.courses import logged, sha
from studio.served import Client, studio


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The studio as it opens, which no test changes."""
    with studio(None, tmp_path_factory.mktemp("studio")) as client:
        yield client


@pytest.fixture
def opened(small: Path, tmp_path: Path) -> Iterator[Client]:
    """A studio on 600 digits."""
    with studio(small, tmp_path / "runs") as client:
        yield client


def test_it_opens_with_the_digit_model_and_a_real_digit_and_its_answer(looked_at: Client) -> None:
    state = looked_at.get("/state")
    assert state["model"]["sizes"] == [784, 32, 16, 10]
    assert (state["run"]["step"], state["run"]["folder"]) == (0, None)
    sample = looked_at.get("/sample?number=0")
    assert (sample["label"], sample["answer"]["said"], sample["handle"]) == ("7", "7", "test:0")
    assert len(base64.b64decode(sample["pixels"])) == 784
    assert state["run"]["hash"] == sha(looked_at.session.open.model.network.theta)[:16]


def test_an_input_is_answered_as_predict_does_in_each_form(looked_at: Client) -> None:
    net, digit = looked_at.session.open.model.network.astype(np.float64), pl.datasets.mnist_files("test").X[3]
    expected = net.predict(digit[np.newaxis])[0]
    typed = looked_at.asked("/input", {"pixels": digit.tolist(), "layers": True})
    raw = looked_at.http.post("/input", content=digit.tobytes(), headers={"content-type": "application/octet-stream"})
    values = looked_at.asked("/input", {"values": (digit / 255).tolist()})
    for found in (typed, raw.json(), values):
        assert np.allclose(found["probabilities"], expected, rtol=1e-9)
    assert found["handle"] != typed["handle"]
    assert [len(layer["z"]) for layer in typed["layers"]] == [32, 16, 10]
    meant = looked_at.get(f"/answer?input={typed['handle']}&label=3&layers=1")
    assert meant["loss"] == pytest.approx(-np.log(expected[3]), rel=1e-9)
    assert len(meant["layers"][0]["delta"]) == 32


def test_a_picture_is_brought_into_the_form_of_mnist(looked_at: Client, tmp_path: Path) -> None:
    from PIL import Image

    digit = pl.datasets.mnist_files("test").X[0].reshape(28, 28)
    content = io.BytesIO()
    Image.fromarray(255 - digit).resize((140, 140)).save(content, "PNG")
    answer = looked_at.http.post("/input", content=content.getvalue(), headers={"content-type": "image/png"})
    assert answer.json()["said"] == "7"
    broken = looked_at.http.post("/input", content=content.getvalue()[:90], headers={"content-type": "image/png"})
    assert broken.status_code == 422
    assert "the picture" in broken.json()["error"]


def test_a_frame_holds_theta_tiles_an_input_and_the_probe(looked_at: Client) -> None:
    net = looked_at.session.open.model.network
    head, blocks = looked_at.frame("theta=1&tiles=1:2-9,2:0-15&input=test:3&probe=1")
    assert sha(blocks["theta"]) == sha(net.theta)
    assert head["hash"] == sha(net.theta)[:16]
    weights = blocks["tiles/1"] * blocks["scales/1"][:, np.newaxis]
    assert np.abs(weights - net.layers[0].W[2:10]).max() <= blocks["scales/1"].max() * 0.51
    assert {one["name"]: one.get("first") for one in head["blocks"]}["tiles/1"] == 2
    trace = pl.Trace(net.astype(np.float64), 1)
    trace.fill(pl.datasets.mnist_files("test").X[3:4], [0])
    pl.forward(net.astype(np.float64), trace)
    pl.backward(net.astype(np.float64), trace)
    for l in (1, 2, 3):
        assert np.allclose(blocks[f"z/{l}"], trace.z[l - 1][0], rtol=1e-12)
        assert np.allclose(blocks[f"delta/{l}"], trace.delta[l - 1][0], rtol=1e-9, atol=1e-15)
    assert blocks["gradient"].shape == (3,)
    assert blocks["dead/1"].dtype == np.uint8
    assert 0.9 < head["accuracy"] <= 1
    again = looked_at.http.get(f"/frame?theta=1&have={head['version']}")
    assert (again.status_code, again.content) == (204, b"")


def test_an_opened_number_is_that_of_explain(looked_at: Client, pellucid: Any) -> None:
    told = json.loads(pellucid("explain", "--sample", 4, "--learning-rate", 0.1, "--json").out)
    whole = {(step["layer"], step["quantity"]): np.array(step["value"]) for step in told["steps"]}
    rng = np.random.default_rng(0)
    for _ in range(50):
        quantity = str(rng.choice(["z", "a", "delta", "dW", "db", "W", "b"]))
        l = int(rng.integers(1, 4))
        j, i = int(rng.integers(0, (32, 16, 10)[l - 1])), int(rng.integers(0, (784, 32, 16)[l - 1]))
        body = {"input": "test:4", "quantity": quantity, "layer": l, "neuron": j, "rate": 0.1}
        found = looked_at.asked("/open", {**body, **({"from": i} if quantity in ("dW", "W") else {})})
        value = whole[l, quantity][j, i] if quantity in ("dW", "W") else whole[l, quantity][j]
        assert found["value"] == pytest.approx(value, rel=1e-12, abs=1e-300)
        step = found["steps"][-1]
        operands = {"np": np, **{name: np.array(one) for name, one in step["operands"].items()}}
        assert eval(step["formula"], {"__builtins__": {}}, operands) == pytest.approx(value, rel=1e-9, abs=1e-18)
        if quantity == "z":
            total = sum(term["product"] for term in found["terms"]) + found["rest"]["value"] + found["bias"]
            assert total == pytest.approx(value, rel=1e-6, abs=1e-9)
    loss = looked_at.asked("/open", {"input": "test:4", "quantity": "loss"})
    assert loss["value"] == pytest.approx(float(whole[0, "loss"]), rel=1e-12)
    every = looked_at.asked("/explain", {"input": "test:4", "rate": 0.1})
    assert [step["value"] for step in every["steps"]] == [step["value"] for step in told["steps"]]


def test_without_a_label_backward_says_what_is_missing(looked_at: Client) -> None:
    handle = looked_at.asked("/input", {"values": [0.5] * 784})["handle"]
    body = {"input": handle, "quantity": "delta", "layer": 1, "neuron": 1}
    assert "say a label" in looked_at.refused("/open", body)
    assert looked_at.asked("/open", {**body, "label": "3"})["quantity"] == "delta"


def test_confusion_and_its_cells_and_mistakes_agree_with_evaluate(looked_at: Client) -> None:
    found = looked_at.get("/confusion?part=test")
    digits, net = pl.datasets.mnist_files("test"), looked_at.session.open.model.network
    expected = pl.metrics.confusion(net.predict(digits.X), digits.y)
    assert (np.array(found["counts"]) == expected).all()
    cell = looked_at.get("/cell?part=test&true=4&said=9&limit=3")
    assert cell["count"] == expected[4, 9]
    for one in cell["samples"]:
        shown = looked_at.get(f"/sample?part=test&number={one['number']}")
        assert (shown["label"], shown["answer"]["said"]) == ("4", "9")
    wrong = looked_at.get("/sample?find=mistake&after=300")
    assert wrong["number"] > 300
    assert wrong["answer"]["said"] != wrong["label"]
    sure = looked_at.get("/sample?find=sure")
    assert sure["answer"]["p"] >= wrong["answer"]["p"]
    score = looked_at.get("/score?part=test&limit=0")
    assert score["accuracy"] == pytest.approx(np.trace(expected) / 10_000)


def test_files_of_the_page_are_served_and_downloads_are_whole(looked_at: Client, tmp_path: Path) -> None:
    page = looked_at.http.get("/")
    assert "text/html" in page.headers["content-type"]
    assert "data-step" in page.text
    assert "text/javascript" in looked_at.http.get("/static/studio/browser/start.js").headers["content-type"]
    assert looked_at.http.get("/static/render/web/dom.js").status_code == 200
    assert "--accent" in looked_at.http.get("/look.css").text
    assert "export {FUNCTIONS}" in looked_at.http.get("/functions.js").text
    assert looked_at.get("/model")["layers"][0]["inputs"] == 784
    assert looked_at.get("/model")["samples"] is None
    assert {"relu", "gelu"} <= set(looked_at.get("/state")["choices"]["activation"])
    path = tmp_path / "model.safetensors"
    path.write_bytes(looked_at.http.get("/download/model.safetensors").content)
    assert sha(load(path).theta) == sha(looked_at.session.open.model.network.theta)
    assert looked_at.http.get("/download/page.html").text.startswith("<!doctype html>")
    assert looked_at.http.get("/download/report.html").status_code == 409


def test_an_event_says_all_in_three_hundred_bytes(looked_at: Client) -> None:
    with looked_at.http.stream("GET", "/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = next(answer.iter_text())
    assert text.startswith("event: state\n")
    assert "event: step\nid: 0\n" in text
    assert all(len(event) <= 300 for event in text.split("\n\n"))


def test_training_starts_pauses_steps_and_becomes_an_ordinary_run(opened: Client, small: Path, pellucid: Any) -> None:
    log = logged(small, epochs=6)
    assert opened.do("step")["step"] == 1
    assert opened.do("step", count=4)["step"] == 5
    assert opened.get("/state")["run"]["hash"] == log[5][:16]
    assert opened.do("epoch")["step"] == 9
    opened.do("start")
    state = opened.wait("finished")
    assert state["run"]["hash"] == log[54][:16]
    history = opened.get("/history")
    assert [row["epoch"] for row in history["epochs"]] == [1, 2, 3, 4, 5, 6]
    assert history["points"] == sorted(history["points"])
    folder = state["run"]["folder"]
    assert read_run(folder).result is not None
    assert b"<!DOCTYPE html>" in opened.http.get("/download/report.html").content
    assert pellucid("evaluate", folder, "--json").code == 0
    assert pellucid("report", folder, "--json").code == 0
    assert "epochs" in opened.refused("/command", {"do": "step"}, 409)


def test_the_command_that_is_shown_makes_the_same_model(opened: Client, pellucid: Any, tmp_path: Path) -> None:
    import shlex

    opened.do("start")
    state = opened.wait("finished")
    words = shlex.split(state["run"]["command"])
    assert pellucid(*words[1:], "--out", tmp_path / "again").code == 0
    theirs = load(tmp_path / "again" / "model.safetensors").theta
    assert sha(theirs) == sha(load(Path(state["run"]["folder"]) / "model.safetensors").theta)


def test_it_goes_back_to_any_step_and_branches_from_it(opened: Client, small: Path) -> None:
    log = logged(small, epochs=6)
    opened.do("step", count=30)
    for step in (7, 0, 29, 30):
        opened.do("back", step=step)
        if step:
            assert opened.get("/state")["run"]["hash"] == log[step][:16]
    assert opened.do("branch", step=12, knob="learning_rate", value=0.05)["branch"] == "b"
    opened.do("step", count=5)
    state = opened.get("/state")
    assert [(one["id"], one["step"]) for one in state["branches"]] == [("a", 30), ("b", 17)]
    assert state["branches"][1]["changed"] == "learning rate 0.7 → 0.05"
    assert (state["run"]["command"], state["branches"][1]["command"]) == (None, None)
    assert "something was changed" in state["run"]["command_why"]
    assert state["branches"][0]["command"].startswith("pellucid train ")
    answer = opened.get("/answer?input=dev:0&branches=1")
    assert set(answer["branches"]) == {"a"}
    head, blocks = opened.frame("theta=1&branch=a")
    assert (head["step"], sha(blocks["theta"])) == (30, log[30])
    assert opened.get("/history?branch=a")["points"]
    assert "make a branch" in _refused_in_the_past(opened)
    for _ in range(2):
        opened.do("branch", step=12)
    assert "as many as there may be" in opened.refused("/command", {"do": "branch", "step": 3}, 409)
    opened.do("choose", branch="a")
    opened.do("drop", branch="b")
    assert [one["id"] for one in opened.get("/state")["branches"]] == ["a", "c", "d"]


def _refused_in_the_past(opened: Client) -> str:
    opened.do("back", step=14)
    return opened.refused("/command", {"do": "knob", "name": "dropout", "value": 0.5}, 409)


def test_what_if_is_answered_and_undone(opened: Client) -> None:
    opened.do("step", count=20)
    before = opened.get("/state")["run"]["hash"]
    answer = opened.get("/answer?input=dev:0")
    entry = opened.do("off", layer=1, neuron=3)
    assert entry["hash"] != before
    opened.do("edit", layer=3, neuron=2, value=5.0)
    state = opened.get("/state")
    assert [one["what"] for one in state["held"]] == ["neuron"]
    assert (state["undo"], state["original"] is not None) == (2, True)
    assert opened.get("/answer?input=dev:0")["probabilities"] != answer["probabilities"]
    score = opened.get("/score?part=dev&limit=1000")
    assert score["original"]["accuracy"] >= 0
    assert score["loss"] != score["original"]["loss"]
    assert opened.do("undo")["hash"] == entry["hash"]
    assert opened.do("undo")["hash"] == before
    assert opened.do("redo")["hash"] == entry["hash"]
    assert opened.do("undo")["hash"] == before
    assert opened.get("/answer?input=dev:0")["probabilities"] == answer["probabilities"]
    saved = opened.do("save")["file"]
    assert sha(load(saved).theta)[:16] == before


def test_teach_takes_what_was_drawn_and_what_was_meant(opened: Client) -> None:
    handle = opened.asked("/input", {"pixels": list(range(256)) + [0] * 528})["handle"]
    before = opened.get(f"/answer?input={handle}&label=3")["loss"]
    opened.do("teach", input=handle, label="3", rate=0.01)
    assert opened.get(f"/answer?input={handle}&label=3")["loss"] < before
    assert "say a label" in opened.refused("/command", {"do": "teach", "input": handle})


def test_a_new_start_forgets_everything_and_takes_settings(opened: Client) -> None:
    opened.do("step", count=3)
    first = opened.get("/state")
    found = opened.do("new", hidden=[12], optimizer="adam", epochs=2, seed=3)
    state = opened.wait("paused")
    assert (found["step"], state["run"]["step"], state["run"]["folder"]) == (0, 0, None)
    assert state["model"]["sizes"] == [784, 12, 10]
    assert first["run"]["folder"] is not None
    for name in ("data", "start_from", "engine", "threads"):
        opened.refused("/command", {"do": "new", name: "/etc/passwd"})
    assert "more than" in opened.refused("/command", {"do": "new", "hidden": [10**5]})
    assert "hidden" in opened.refused("/command", {"do": "new", "hidden": {"a": 1}})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "knob"),
    [
        ({"epochs": 3}, None),
        ({"epochs": 4, "learning_rate": 100.0, "clip_norm": 0, "schedule": "constant"}, "learning_rate"),
        ({"epochs": 60, "learning_rate": 1e-6, "schedule": "constant"}, "learning_rate"),
    ],
)
def test_what_goes_wrong_is_told_with_a_knob_to_turn(settings: Any, knob: str | None, opened: Client) -> None:
    opened.do("new", **settings)
    opened.wait("paused")
    opened.do("start")
    until, now = time.monotonic() + 60, opened.session.open
    while now.state not in ("diverged", "finished") or now.watched[0] != now.mark or now.watched[1] is None:
        assert time.monotonic() < until, (now.state, now.watched, now.mark)
        time.sleep(0.05)
    time.sleep(0.1)
    found = opened.get("/state")
    assert [one["knob"] for one in found["findings"]][:1] == ([] if knob is None else [knob])
    if knob is not None:
        assert found["findings"][0]["value"] != settings[knob]


def test_the_training_is_started_again_after_its_process_was_killed(opened: Client, small: Path) -> None:
    log = logged(small, epochs=6)
    opened.do("step", count=20)
    opened.do("branch", step=10, knob="dropout", value=0.2)
    opened.do("choose", branch="a")
    os.kill(opened.session.open.trainer.process.pid or 0, signal.SIGKILL)
    opened.wait("ended")
    assert opened.get("/answer?input=dev:0")["said"]
    assert "started again" in opened.refused("/command", {"do": "step"}, 503)
    opened.wait("paused")
    opened.do("back", step=15)
    assert opened.get("/state")["run"]["hash"] == log[15][:16]
    assert [one["id"] for one in opened.get("/state")["branches"]] == ["a", "b"]


@pytest.mark.slow
def test_the_studio_opens_the_run_that_it_left(small: Path, tmp_path: Path) -> None:
    with studio(small, tmp_path / "runs") as client:
        client.do("step", count=13)
        client.do("knob", name="learning_rate", value=0.2)
        client.do("step", count=5)
        state = client.get("/state")
    with studio(state["run"]["folder"], tmp_path / "runs") as client:
        again = client.get("/state")
        assert (again["run"]["step"], again["run"]["hash"]) == (18, state["run"]["hash"])
        assert again["journal"] == state["journal"]
        client.do("back", step=3)


def titanic(rows: int = 120) -> bytes:
    rng, text = np.random.default_rng(0), io.StringIO()
    table = csv.writer(text)
    table.writerow(["age", "sex", "fare", "<script>alert(1)</script>", "survived"])
    for _ in range(rows):
        sex = str(rng.choice(["male", "female"]))
        age = "" if rng.random() < 0.1 else f"{rng.uniform(1, 80):.1f}"
        survived = "yes" if (sex == "female") != (rng.random() < 0.1) else "no"
        table.writerow([age, sex, f"{rng.uniform(5, 90):.2f}", str(rng.choice(["a", "b"])), survived])
    return text.getvalue().encode()


def sent(client: Client, content: bytes, name: str, more: str = "") -> Any:
    headers = {"content-type": "application/octet-stream"}
    return client.http.post(f"/data?name={name}{more}", content=content, headers=headers)


def test_a_table_of_ones_own_is_understood_trained_on_and_answers(opened: Client) -> None:
    unsure = sent(opened, titanic(), "titanic.csv")
    found = sent(opened, titanic(), "titanic.csv", "&target=survived").json()
    assert unsure.status_code == 200
    assert "survived" in unsure.json()["targets"]
    assert (found["name"], found["task"], found["target"]) == ("titanic.csv", "classification", "survived")
    assert set(found["classes"]) == {"yes", "no"}
    kinds = {column["name"]: column["kind"] for column in found["columns"]}
    assert (kinds["age"], kinds["sex"]) == ("number", "category")
    opened.do("new", data=found["id"], target="survived", epochs=30)
    state = opened.wait("paused")
    assert state["model"]["form"] == "row"
    opened.do("start")
    opened.wait("finished")
    cells = {"age": "30", "sex": "female", "fare": "40", "<script>alert(1)</script>": "a"}
    answer = opened.asked("/input", {"cells": cells, "label": "yes"})
    assert answer["said"] == "yes"
    assert opened.get("/sample?part=dev&number=2")["cells"]["sex"] in ("male", "female")
    opened_number = opened.asked("/open", {"input": answer["handle"], "quantity": "z", "layer": 1, "neuron": 0})
    assert any(term["name"].startswith(("age", "sex", "fare")) for term in opened_number["terms"])
    assert "there is no column 'wages'" in opened.refused("/input", {"cells": {"wages": "3"}})
    assert opened.get("/state")["run"]["command"].startswith("pellucid train ")


@pytest.mark.slow
def test_another_table_is_gone_on_with_at_the_next_epoch_also_after_a_kill(opened: Client, tmp_path: Path) -> None:
    def hashes(client: Client) -> list[str]:
        found = []
        for step in (2, 4, 5, 9):
            client.do("back", step=step)
            found.append(client.get("/state")["run"]["hash"])
        return found

    def is_consistent(client: Client) -> bool:
        """Whether a sample's cells become its inputs with the plan of the first table."""
        sample = client.get("/sample?part=dev&number=2")
        cells = {name: text for name, text in sample["cells"].items() if name != "survived"}
        x = client.asked("/input", {"cells": cells, "layers": True})["x"]
        return client.session.open.model.preprocessing == plan and np.allclose(x, sample["values"], atol=1e-6)

    names, *rows = titanic(90).decode().splitlines(keepends=True)
    turned = "".join([names, *reversed(rows)]).encode()
    first, other = (
        sent(opened, content, name, "&target=survived").json()
        for content, name in ((titanic(120), "120.csv"), (turned, "90.csv"))
    )
    opened.do("new", data=first["id"], target="survived", epochs=4)
    opened.wait("paused")
    plan = opened.session.open.model.preprocessing
    assert is_consistent(opened)
    opened.do("step", count=2)
    odd = sent(opened, b"age,survived\n" + b"40,yes\n50,no\n" * 9, "odd.csv", "&target=survived").json()
    told = opened.refused("/command", {"do": "knob", "name": "data", "value": odd["id"]})
    assert told.startswith("odd.csv: has no column 'sex' (and 2 more), which the model learned from")
    opened.do("knob", name="data", value=other["id"])
    state = opened.get("/state")
    assert state["journal"][-1]["text"] == "data → 90.csv"
    assert [one["pending"] for one in state["knobs"] if one["name"] == "data"] == [other["id"]]
    opened.do("step", count=8)
    until = time.monotonic() + 20
    while opened.get("/state")["data"]["name"] != "90.csv":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert opened.get("/state")["data"]["samples"] == 90
    assert is_consistent(opened)
    known = hashes(opened)
    folder = opened.get("/state")["run"]["folder"]
    os.kill(opened.session.open.trainer.process.pid or 0, signal.SIGKILL)
    opened.wait("ended")
    opened.refused("/command", {"do": "step"}, 503)
    opened.wait("paused")
    assert hashes(opened) == known
    opened.do("pause")
    opened.session.open.trainer.end()
    with studio(folder, tmp_path / "runs") as client:
        assert client.get("/state")["data"]["samples"] == 90
        assert is_consistent(client)
        assert hashes(client) == known


@pytest.mark.parametrize("toy", ["toy:spirals-3", "toy:circles", "toy:wave", "toy:hill"])
def test_small_data_are_trained_on_and_drawn(toy: str, looked_at: Client, tmp_path: Path) -> None:
    from pellucid.studio.opened import new, source_of

    opening = new(source_of(toy, {}, tmp_path), {}, tmp_path)
    assert opening.model.network.sizes[0] in (1, 2)
    assert opening.settings.hidden == (8, 8)
    if toy == "toy:spirals-3":
        assert opening.model.class_names == ("0", "1", "2")


def test_every_neuron_has_its_picture_of_the_plane(opened: Client) -> None:
    opened.do("new", data="toy:spirals-3", epochs=2)
    state = opened.wait("paused")
    assert state["model"]["form"] == "plane"
    samples = opened.get("/samples?part=dev&limit=20")
    assert np.array(samples["X"]).shape == (20, 2)
    body = {"low": [-1, -1], "high": [1, 1], "points": 5, "layer": 1}
    answer = opened.post("/plane", body)
    from studio.served import unpacked

    _, blocks = unpacked(answer.content)
    assert blocks["plane"].shape == (8, 5, 5)
    net = opened.session.open.sight().network
    corner = net.features(np.array([[1.0, -1.0]]), 1)[0]
    assert np.allclose(blocks["plane"][:, 0, -1], corner, atol=1e-6)
    assert "low numbers below" in opened.refused("/plane", {**body, "high": [-2, 1]})


def test_a_landscape_is_done_only_when_it_can_be_fetched(opened: Client) -> None:
    opened.do("step", count=9)
    surface, heard = opened.session.open.landscape, list[bool]()
    told = surface.changed

    def changed() -> None:
        heard.append(surface.done < surface.of or surface.found is not None)
        told()

    surface.changed = changed
    opened.asked("/landscape", {"points": 5, "samples": 20})
    until = time.monotonic() + 60
    while surface.found is None or surface.is_busy:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert heard
    assert all(heard)


def test_the_landscape_is_computed_beside_with_progress(opened: Client) -> None:
    opened.do("step", count=9)
    assert opened.http.get("/landscape").status_code == 404
    assert opened.asked("/landscape", {"points": 7, "samples": 60})["of"] >= 49
    until = time.monotonic() + 60
    while opened.http.get("/landscape").status_code == 404:
        assert time.monotonic() < until
        time.sleep(0.05)
    found = opened.get("/landscape")
    assert len(found["losses"]) == 7
    opened.asked("/landscape", {"points": 101, "samples": 60})
    opened.asked("/landscape", {"stop": True})
    assert not opened.session.open.landscape.is_busy
