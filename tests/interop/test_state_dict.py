"""A ``state_dict`` in safetensors comes in layer by layer, or is refused in one sentence."""

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save, save_file

import pellucid as pl
from fuzz.mutators import ANY, SAFETENSORS, join_tensors, mutated
from pellucid import InputError, Model, Network, load_model, save_model
from pellucid.interop.export.pytorch import write
from pellucid.interop.importing.importer import from_pytorch

ONES, EYE = np.ones((3, 2), np.float32), np.eye(2, dtype=np.float32)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({}, "holds no tensors"),
        ({"0.weight": np.ones((2, 2, 3, 3))}, r"'0\.weight' of shape .* belongs to no linear layer"),
        ({"0.running_mean": np.ones(2)}, "belongs to no linear layer"),
        ({"0.bias": np.ones(2)}, r"has '0\.bias', but no weight for it"),
        ({"0.weight": ONES, "2.weight": np.ones((1, 4))}, "layer 2 has weights"),
        ({"0.weight": ONES, "0.bias": np.ones(2)}, "layer 1 has weights"),
        ({"0.weight": ONES * np.inf}, "layer 1 holds weights that are no numbers"),
        ({"0.weight": EYE, "1.bias": np.array([1, np.nan]), "1.weight": EYE}, "layer 2 holds weights that are no"),
        ({"0.weight": EYE, "1.weight": np.eye(2) * 1e40}, "layer 2 holds weights that are no numbers in float32"),
        ({"0.weight": ONES.astype(np.int64)}, "holds int64; weights are floats"),
        ({"0.weight": ONES.astype(bool)}, "holds bool; weights are floats"),
        ({"weight": ONES, ".weight": ONES}, r"two tensors for '\.weight'"),
        ({"0.weight": np.ones((0, 2), np.float32)}, r"w\.safetensors: "),
        ({"\x1b]0;t\x07.mean": ONES}, r"\\x1b\]0;t\\x07\.mean' of shape"),
    ],
)  # fmt: skip
def test_other_state_dicts_are_refused(tensors: dict[str, Any], message: str, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match=message) as caught:
        from_pytorch(tmp_path / "w.safetensors")
    assert str(caught.value).startswith(str(tmp_path / "w.safetensors"))


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3"])
def test_a_kind_that_numpy_does_not_have_is_named(kind: str, tmp_path: Path) -> None:
    size = 4 if kind == "BF16" else 2
    about = {"0.weight": {"dtype": kind, "shape": [2, 1], "data_offsets": [0, size]}}
    (tmp_path / "w.safetensors").write_bytes(join_tensors(about, b"\0" * size))
    with pytest.raises(InputError, match=f"holds tensors of kind '{kind}'; save"):
        from_pytorch(tmp_path / "w.safetensors")


def test_half_precision_comes_in_as_it_is(tmp_path: Path) -> None:
    half = np.array([[0.1, 2], [3, 4]], np.float16)
    save_file({"0.weight": half}, tmp_path / "w.safetensors")
    assert from_pytorch(tmp_path / "w.safetensors").network.layers[0].W.tolist() == half.tolist()


@pytest.mark.parametrize("stem", ["layer.²", "9" * 5000, "", "00", "a\0b", "½.1", "x.1.²"])
def test_a_layer_may_be_called_anything(stem: str, tmp_path: Path) -> None:
    save_file({f"{stem}.weight": ONES, f"{stem}.bias": ONES[:, 0]}, tmp_path / "w.safetensors")
    assert from_pytorch(tmp_path / "w.safetensors").network.sizes == (2, 3)


def test_layers_are_taken_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    sizes = list(range(2, 15))
    places = [*map(str, range(11)), "9" * 6000]
    shapes = zip(places, pairwise(sizes), strict=True)
    tensors = {f"fc{k}.weight": np.full((b, a), len(k), np.float32) for k, (a, b) in shapes}
    save_file(tensors, tmp_path / "w.safetensors")
    net = from_pytorch(tmp_path / "w.safetensors").network
    assert net.sizes == tuple(sizes)
    assert [layer.W[0, 0] for layer in net.layers] == [len(k) for k in places]


RELU, LOSS = [{"name": "relu"}], {"name": "cross-entropy"}


@pytest.mark.parametrize(
    "about",
    [
        "{", "[]", "{}", "[" * 5000, "null",
        json.dumps({"activations": RELU, "loss": LOSS, "classes": [["a"], "b", "c"]}),
        json.dumps({"activations": RELU, "loss": LOSS, "classes": 3}),
        json.dumps({"activations": [{"name": "leaky-relu", "slope": 10**400}], "loss": LOSS, "classes": None}),
        '{"activations": [{"name": "leaky-relu", "slope": 1e400}], "loss": {"name": "cross-entropy"}, "classes": null}',
        json.dumps({"activations": [{"name": ["relu"]}], "loss": LOSS, "classes": None}),
        json.dumps({"activations": [{"name": "step"}], "loss": LOSS, "classes": None}),
        json.dumps({"activations": RELU, "loss": 1, "classes": None}),
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_used_is_told(about: str, tmp_path: Path) -> None:
    save_file(
        {"0.weight": np.ones((4, 2)), "2.weight": np.ones((3, 4))}, tmp_path / "w.safetensors", {"network": about}
    )
    with pytest.raises(InputError, match="what it says of its network cannot be used") as caught:
        from_pytorch(tmp_path / "w.safetensors")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"activations": RELU * 3, "loss": LOSS, "classes": None}, "3 activations for 1 hidden layers"),
        (
            {"activations": RELU, "loss": {"name": "squared-error"}, "classes": ["a", "b", "c"]},
            "the outputs are values",
        ),
        ({"activations": RELU, "loss": LOSS, "classes": ["a", "b"]}, "2 names for 3 classes"),
        ({"activations": RELU, "loss": LOSS, "classes": ["a", "a", "b"]}, "give each class a name of its own"),
    ],
)
def test_a_description_of_another_network_is_told(about: dict[str, Any], message: str, tmp_path: Path) -> None:
    tensors = {"0.weight": np.ones((4, 2)), "2.weight": np.ones((3, 4))}
    save_file(tensors, tmp_path / "w.safetensors", {"network": json.dumps(about)})
    with pytest.raises(InputError, match=message):
        from_pytorch(tmp_path / "w.safetensors")


def test_values_have_no_classes(tmp_path: Path) -> None:
    save_file({"0.weight": np.ones((2, 2))}, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="2 names of classes, but the outputs are values"):
        from_pytorch(tmp_path / "w.safetensors", task="regression", classes=["a", "b"])


@pytest.mark.parametrize(("first", "last"), [(0, 150), pytest.param(150, 6000, marks=pytest.mark.slow)])
def test_a_mutant_is_a_whole_model_or_refused_in_one_sentence(first: int, last: int, tmp_path: Path) -> None:
    net = Network([2, 3, 2], activation=pl.LeakyReLU(0.1), rng=np.random.default_rng(0))
    write(Model(net, ("a", "b")), tmp_path / "own.safetensors")
    files = [
        (tmp_path / "own.safetensors").read_bytes(),
        save({"0.weight": ONES, "2.weight": ONES.T, "2.bias": ONES[:2, 0]}),
    ]
    path, taken = tmp_path / "w.safetensors", 0
    for seed in range(first, last):
        path.write_bytes(mutated(random.Random(seed), files[seed % 2], (*SAFETENSORS, *SAFETENSORS, *ANY)))
        try:
            model = from_pytorch(path)
        except InputError:
            continue
        save_model(model, tmp_path / "m.safetensors", force=True)
        load_model(tmp_path / "m.safetensors")
        taken += 1
    assert taken


def test_complex_weights_are_refused(tmp_path: Path) -> None:
    header = b'{"0.weight":{"dtype":"C64","shape":[2,2],"data_offsets":[0,32]}}'  # older safetensors do not know it
    path = tmp_path / "c.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(32))
    with pytest.raises(InputError, match=r"holds complex64; weights are floats|safetensors"):
        from_pytorch(path)
