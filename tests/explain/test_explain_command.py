"""``pellucid explain``: what it prints, its JSON, and what it says to wrong input."""

import json
from pathlib import Path

import numpy as np
import pytest

from explain.recompute import wrong
from pellucid import datasets
from pellucid.analysis.explain import Step
from support import Command


def steps_in(text: str, key: str = "steps") -> list[Step]:
    fields = ("layer", "quantity", "formula", "operands", "value", "name")
    return [Step(**{field: entry[field] for field in fields}) for entry in json.loads(text)[key]]


def as_arrays(steps: list[Step]) -> list[Step]:
    return [Step(s.layer, s.quantity, s.formula, s.operands, np.asarray(s.value), s.name) for s in steps]


@pytest.fixture
def run(pellucid: Command, small: Path) -> str:
    assert pellucid("train", small, "--epochs", 2, "--out", "run", "--quiet").code == 0
    return "run"


@pytest.mark.parametrize("arguments", [("--example", "three-neurons"), ("--sample", 3), ("--learning-rate", 0.01)])
def test_json_holds_steps_that_can_be_recomputed(pellucid: Command, small: Path, arguments: tuple[object, ...]) -> None:
    data = () if "--example" in arguments else ("--data", small)
    ended = pellucid("explain", *arguments, *data, "--json")
    assert (ended.code, ended.err) == (0, "")
    steps = steps_in(ended.out)
    assert {step.quantity for step in steps} == {"x", "z", "a", "loss", "delta", "dW", "db", "W", "b"}
    assert {step.layer for step in steps} == {0, 1, 2, 3}
    assert [step.name for step in as_arrays(steps + steps_in(ended.out, "after")) if wrong(step)] == []
    said = json.loads(ended.out)
    assert said["loss_after"] < said["loss"]


def test_json_numbers_the_sample_that_was_asked_for(pellucid: Command, small: Path, digits: datasets.Samples) -> None:
    said = json.loads(pellucid("explain", "--data", small, "--sample", 5, "--json").out)
    assert said["steps"][0]["operands"]["pixels"] == digits.X[5].tolist()
    assert said["target"] == str(digits.y[5])
    assert said["learning_rate"] == 0.1


def test_text_leads_from_the_answer_to_the_update(pellucid: Command, small: Path) -> None:
    out = pellucid("explain", "--data", small, "--sample", 0).out
    places = [
        out.index(f"\n{title}")
        for title in ("What the network says", "Layer by layer", "Neuron 7 of layer 3, class 7", "The loss",
                      "Backward", "How its weights change", "After the step")
    ]  # fmt: skip
    assert places == sorted(places)
    assert "the network says 7" in out.splitlines()[0]
    assert "z1 = W1 @ x + b1" in out
    quiet = pellucid("explain", "--data", small, "--quiet").out
    assert quiet.splitlines() == out.splitlines()[:1]


def test_a_neuron_and_a_rival_are_explained_when_asked_for(pellucid: Command, small: Path) -> None:
    flags = ("--layer", 2, "--neuron", 5, "--against", 4, "--top", 3)
    out = pellucid("explain", "--data", small, *flags).out
    assert "Neuron 5 of layer 2: the largest terms of its score" in out
    assert "Why class 7 and not class 4" in out
    assert "δ2[5]" in out
    assert "t3" in out
    assert "t4" not in out


def test_markdown_has_headings_and_tables(pellucid: Command, small: Path) -> None:
    lines = pellucid("explain", "--data", small, "--markdown", "--digits", 3).out.splitlines()
    assert lines[0].startswith("# Sample 0 of ")
    assert "## The loss: cross-entropy" in lines
    assert "| number | what | formula | with numbers | value |" in lines
    assert all(each.count(" | ") == 4 for each in lines if each.startswith("| `"))


def test_a_picture_is_its_own_target_unless_a_label_is_given(
    pellucid: Command, digits: datasets.Samples, tmp_path: Path
) -> None:
    from PIL import Image

    Image.fromarray(digits.X[0].reshape(28, 28)).save(tmp_path / "seven.png")
    said = json.loads(pellucid("explain", "--image", "seven.png", "--json").out)
    assert (said["prediction"], said["target"], said["target_assumed"]) == ("7", "7", True)
    assert "nobody has told" in pellucid("explain", "--image", "seven.png", "-q").out
    told = json.loads(pellucid("explain", "--image", "seven.png", "--label", 2, "--json").out)
    assert (told["prediction"], told["target"], told["target_assumed"]) == ("7", "2", False)
    assert told["against"] == 2


def test_a_run_gives_its_learning_rate_and_the_way_of_its_weights(pellucid: Command, run: str) -> None:
    before = json.loads(Path("run/run.json").read_text())["settings"]["learning_rate"]
    ended = pellucid("explain", run, "--moved", "--top", 2, "--json")
    said = json.loads(ended.out)
    assert said["learning_rate"] == before or "too large" in ended.err
    section = said["sections"][-1]
    assert section["title"].startswith("The weights that moved most, from step 0 to step ")
    assert [step["layer"] for step in section["steps"]] == [1, 1, 2, 2, 3, 3]
    sizes = [abs(step["value"]) for step in section["steps"]]
    assert all(first >= second for first, second in zip(sizes[::2], sizes[1::2], strict=True))
    from safetensors.numpy import load_file

    theta = load_file("run/path.safetensors")["theta"].astype(np.float64)
    assert sizes[0] == np.abs(theta[-1] - theta[0])[: 784 * 32].max()


def test_values_and_two_classes_are_explained_too(pellucid: Command, digits: datasets.Samples) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 3))
    np.savez("line.npz", X=X, y=X @ [1.0, -2.0, 0.5] + 3)
    np.savez("two.npz", X=digits.X[digits.y < 2], y=digits.y[digits.y < 2])
    assert pellucid("train", "line.npz", "--epochs", 2, "--out", "line", "-q").code == 0
    assert pellucid("train", "two.npz", "--loss", "binary-cross-entropy", "--epochs", 5, "--out", "two", "-q").code == 0
    for name in ("line", "two"):
        ended = pellucid("explain", name, "--json")
        assert ended.code == 0
        assert [step.name for step in as_arrays(steps_in(ended.out)) if wrong(step)] == []
        said = json.loads(ended.out)
        assert said["loss_after"] < said["loss"]
    assert "One output, between 0 and 1" in pellucid("explain", "two").out
    assert json.loads(pellucid("explain", "two", "--label", "1", "--json").out)["target"] == "1"
    assert json.loads(pellucid("explain", "line", "--label", "2.5", "--json").out)["target"] == 2.5


@pytest.mark.parametrize(
    ("arguments", "needles"),
    [
        ("--sample 600 --data small.npz", ["--sample 600", "0 to 599"]),
        ("--sample -1 --data small.npz", ["--sample -1"]),
        ("--layer 4", ["layer 4", "1 to 3"]),
        ("--neuron 10", ["neuron 10", "0 to 9"]),
        ("--against 10", ["--against 10", "0, 1"]),
        ("--against 7 --data small.npz", ["against class 7", "another"]),
        ("--label x", ["--label x", "0, 1"]),
        ("--image nothing.png", ["nothing.png"]),
        ("--image a.png --sample 1", ["--image", "--sample"]),
        ("--data nothing.npz", ["nothing.npz"]),
        ("nothing.safetensors", ["nothing.safetensors"]),
        ("small.npz", ["small.npz"]),
        ("--moved", ["--moved", "run"]),
        ("--example four-neurons", ["three-neurons", "vectorization"]),
        ("--example three-neurons --sample 1", ["--example", "--sample"]),
        ("--example three-neurons model.safetensors", ["--example", "model"]),
        ("--example vectorization --learning-rate 1", ["--learning-rate"]),
        ("--learning-rate -1", ["--learning-rate"]),
        ("--learning-rate nan", ["--learning-rate"]),
        ("--json --markdown", ["--json", "--markdown"]),
        ("--digits 18", ["18"]),
    ],
)
def test_bad_input_is_told_in_one_message(pellucid: Command, small: Path, arguments: str, needles: list[str]) -> None:
    before = sorted(Path().iterdir())
    ended = pellucid("explain", *arguments.split())
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert "Traceback" not in ended.err
    assert [needle for needle in needles if needle not in ended.err] == []
    assert sorted(Path().iterdir()) == before


def test_only_the_parts_that_are_asked_for_are_shown(pellucid: Command) -> None:
    whole = pellucid("explain", "--sample", 3, "--against", 8).out
    part = pellucid("explain", "--sample", 3, "--against", 8, "--only", "WHY").out
    assert part.splitlines()[0] == whole.splitlines()[0]
    assert part.splitlines()[2].startswith("Why class 0 and not class 8")
    assert all(line in whole for line in part.splitlines())
    assert "Backward" not in part
    wrong = pellucid("explain", "--only", "nothing like it")
    assert (wrong.code, wrong.out) == (2, "")
    assert "there are: What the network says; Layer by layer" in wrong.err
