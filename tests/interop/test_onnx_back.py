"""What pellucid exports as ONNX comes back as it was, or is refused where it was changed."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuzz.onnx_judge import difference
from fuzz.onnx_mutants import changed, imported, seeds
from pellucid import InputError, load_model, save_model
from pellucid.interop.importing.onnx import from_onnx
from support import Command


@pytest.mark.parametrize("kind", ["table", "array", "picture"])
def test_an_own_export_comes_back_as_it_was(kind: str, tmp_path: Path) -> None:
    content = seeds()[kind]
    model = imported(content, tmp_path)
    assert difference(content, model) == pytest.approx(0, abs=1e-5)
    assert (model.image_shape == (2, 2)) == (kind == "picture")
    assert (model.preprocessing is not None) == (kind == "table")
    named = {"table": None, "array": ("no", "yes"), "picture": ("a", "b", "c")}
    assert model.classes == named[kind]
    save_model(model, tmp_path / "m.safetensors")
    assert load_model(tmp_path / "m.safetensors").preprocessing == model.preprocessing


def first(whole: Any, name: str, values: Any) -> None:
    (held,) = [each for each in whole.graph.initializer if each.name == name]
    held.raw_data = np.array(values, np.float64).tobytes()


def swapped(inputs: Any) -> None:
    inputs[1], inputs[2] = inputs[2], inputs[1]


def say(whole: Any, old: str, new: str) -> None:
    (entry,) = whole.metadata_props
    assert old in entry.value
    entry.value = entry.value.replace(old, new)


TAMPERED = {
    "another fill in the graph": lambda m: first(m, "net/fill 0", [39.0]),
    "another scale in the graph": lambda m: first(m, "net/scale of the target", [[31.0]]),
    "another mean in the description": lambda m: say(m, '"mean": 40.0', '"mean": 41.0'),
    "another activation": lambda m: say(m, '"silu"', '"mish"'),
    "another loss": lambda m: say(m, '"squared-error"', '"poisson"'),
    "another level": lambda m: say(m, '"Bonn"', '"Ulm"'),
    "another column": lambda m: say(m, '"age"', '"old"'),
    "other cycles": lambda m: say(m, '["week"]', '["week", "week"]'),
    "no number": lambda m: say(m, '"mean": 40.0', '"mean": NaN'),
    "a number too large": lambda m: say(m, '"mean": 40.0', '"mean": 1' + "0" * 400),
    "another version": lambda m: say(m, '"format": 1', '"format": 2'),
    "no JSON": lambda m: say(m, "{", "["),
    "another operator": lambda m: setattr(m.graph.node[0], "op_type", "IsInf"),
    "another weight's place": lambda m: swapped(next(each for each in m.graph.node if each.op_type == "Gemm").input),
    "nodes less": lambda m: m.graph.node.pop(),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_an_own_export_that_was_changed_is_refused(change: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"m\.onnx: .*export (the model|it) again"):
        imported(changed(seeds()["table"], change), tmp_path)


def test_an_own_export_with_other_weights_is_read_as_the_graph_has_them(tmp_path: Path) -> None:
    def other(whole: Any) -> None:
        (held,) = [each for each in whole.graph.initializer if each.name == "net/b1"]
        held.raw_data = np.arange(4, dtype=np.float32).tobytes()

    content = changed(seeds()["array"], other)
    assert difference(content, imported(content, tmp_path)) == pytest.approx(0, abs=1e-5)


def test_an_export_without_its_description_comes_in_by_its_nodes(tmp_path: Path) -> None:
    content = changed(seeds()["array"], lambda m: m.ClearField("metadata_props"))
    model = imported(content, tmp_path)
    assert model.classes == ("no", "yes")
    assert difference(content, model) == pytest.approx(0, abs=1e-5)
    with pytest.raises(InputError, match=r"has 3 inputs \('age', 'city', 'when'\)"):
        imported(changed(seeds()["table"], lambda m: m.ClearField("metadata_props")), tmp_path)


def test_an_export_of_an_earlier_version_comes_back() -> None:
    """Where the form of the graphs changes, their old form must be known as well, or ``VERSION`` be another."""
    path = Path(__file__).with_name("exported_1.onnx")
    assert difference(path.read_bytes(), from_onnx(path)) == pytest.approx(0, abs=1e-5)


def test_a_table_goes_out_and_comes_back_for_every_command(pellucid: Command, tmp_path: Path) -> None:
    rows = [f"{k % 7},{'ab'[k % 2]},2024-01-{k % 28 + 1:02d},{'hi' if k % 3 else 'lo'}" for k in range(90)]
    (tmp_path / "t.csv").write_text("\n".join(["label,city,when,target", *rows, ",,,lo"]) + "\n")
    arguments = ("--target", "target", "--activation", "silu", "--epochs", 3, "--out", "run", "-q")
    assert pellucid("train", "t.csv", *arguments).code == 0
    assert pellucid("export", "run", "--to", "onnx", "--out", "m.onnx").code == 0
    ended = pellucid("import", "m.onnx", "--out", "again.safetensors")
    assert ended.code == 0, ended.err
    ours, theirs = (pellucid("predict", name, "t.csv", "--json").out for name in ("run", "again.safetensors"))
    assert ours == theirs
    ours, theirs = (pellucid("evaluate", name, "t.csv", "--json").out for name in ("run", "again.safetensors"))
    assert ours.partition('"learned_from"')[0] == theirs.partition('"learned_from"')[0]  # whose data it does not say
    assert pellucid("check", "again.safetensors").code == 0
    content = Path("m.onnx").read_bytes()
    assert os.fsencode(tmp_path) not in content
    assert b"t.csv" not in content
