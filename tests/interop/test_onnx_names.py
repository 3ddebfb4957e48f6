"""An ONNX graph of a table says the same numbers whatever its columns are called."""

from typing import Any

import numpy as np
import onnxruntime
import pytest

import pellucid as pl
from fuzz.onnx_judge import difference
from pellucid import InputError, Model, Network
from pellucid.interop.export import onnx as onnx_export
from pellucid.interop.export.onnx import graph
from pellucid.interop.export.onnx_builder import input_names
from pellucid.model.columns import Category, Date, Number, Target
from pellucid.model.preprocessing import Preprocessing

NAMES = [
    "a1", "b1", "W1", "z1", "label", "label_", "classes", "outputs", "probabilities", "prediction", "", "column 0",
    "fill 0", "mean 0", "scale of the target", "mean of the target", "input", "X", "n", "scaled", "net/", "net/W1",
    "_net/fill 0", "\udc80", "\\udc80", "a\0b", "a\nb", "a\rb", "\x1b]0;t\x07", "🦊", "make a1",
]  # fmt: skip
TASKS: dict[str, tuple[Any, int]] = {
    "softmax": (pl.CrossEntropy(), 3), "sigmoid": (pl.BinaryCrossEntropy(), 1), "values": (pl.SquaredError(), 1),
}  # fmt: skip


def model_of(names: list[str], task: str) -> Model:
    """A model of a table whose columns, a number, a category, a date, and again, have these names."""
    columns: list[Any] = []
    for k, name in enumerate(names):
        columns.append(
            Number(name, 1.0, 2.0, 3.0, gaps=True) if k % 3 == 0
            else Category(name, ("x", "y"), others=True, gaps=True) if k % 3 == 1
            else Date(name, 0.0, 1e3, 0.0, ("year", "week", "day"), gaps=True)
        )  # fmt: skip
    loss, outputs = TASKS[task]
    values = loss.kind == "values"
    plan = Preprocessing(tuple(columns), targets=(Target("price", 50.0, 30.0),) if values else ())
    net = Network([len(plan.inputs), 4, outputs], loss=loss, rng=np.random.default_rng(0))
    return Model(net, None if values else ("no", "yes", "perhaps")[: max(2, outputs)], preprocessing=plan)


def said_as_predicted(names: list[str], task: str) -> None:
    model = model_of(names, task)
    found = difference(graph(model).SerializeToString(), model)
    assert found is not None
    assert found < 1e-5


@pytest.mark.parametrize("task", TASKS)
def test_all_odd_names_at_once_give_the_numbers_of_predict(task: str) -> None:
    for turn in range(3):  # so that each is a number, a category and a date once
        said_as_predicted([*NAMES[turn:], *NAMES[:turn]], task)


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_every_odd_name_gives_the_numbers_of_predict_in_every_kind_of_column(task: str) -> None:
    for name in NAMES:
        for place in range(3):
            names = ["one", "two", "three"]
            names[place] = name
            said_as_predicted(names, task)


def test_an_input_is_called_like_its_column_and_an_output_of_that_name_steps_aside() -> None:
    names = ["label", "probabilities", "net/a1"]
    session = onnxruntime.InferenceSession(graph(model_of(names, "softmax")).SerializeToString())
    assert [each.name for each in session.get_inputs()] == names
    assert [each.name for each in session.get_outputs()] == ["probabilities_", "label_"]


def test_what_no_input_can_be_called_has_a_name_of_its_own() -> None:
    assert input_names(["", "", "column 0", "\udc80", "\\udc80", "a", "a"]) == [
        "column 0_", "column 1", "column 0", "\\udc80_", "\\udc80", "a", "a_",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: Model(Network([2, 2]), ("a", "\ud800")), r"classes: '\\ud800' is no whole Unicode text"),
        (lambda: huge_weight(), r"layer 1: holds 1e\+39, but ONNX graphs are in float32"),
        (lambda: Model(Network([2, 3, 2], activation=pl.LeakyReLU(1e39))), r"leaky-relu: holds 1e\+39"),
    ],
)
def test_what_onnx_cannot_hold_is_told_in_one_sentence(model: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        graph(model())


def huge_weight() -> Model:
    net = Network([2, 2], dtype=np.float64)
    net.theta[1] = 1e39
    return Model(net)


def test_a_level_that_is_no_text_is_refused() -> None:
    plan = Preprocessing((Category("city", ("Bonn", "\udcff")),))
    with pytest.raises(InputError, match="column 'city': "):
        graph(Model(Network([2, 2]), preprocessing=plan))


def test_a_model_without_a_description_is_exported_all_the_same() -> None:
    class Mine(type(pl.Tanh())):  # type: ignore[misc]
        name = "mine"

    made = graph(Model(Network([2, 3, 2], activation=Mine())))
    assert onnx_export.DESCRIPTION not in {entry.key for entry in made.metadata_props}
