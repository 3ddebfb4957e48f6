"""Tiles, matrix and scatter hold what the network really says: bars, cells, captions, points."""

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.text import Text

import pellucid as pl
from pellucid import datasets
from pellucid._text import number
from pellucid.analysis.class_report import sample_losses, worst_by_loss
from pellucid.cli.models import PACKAGED
from pellucid.core import metrics
from pellucid.model.columns import Number, Target
from pellucid.model.preprocessing import Preprocessing
from pellucid.render.pictures import predicted_vs_true, style


@pytest.fixture(scope="module")
def model() -> pl.Model:
    return pl.load_model(PACKAGED)


def table_net(outputs: int = 3) -> tuple[pl.Network, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return pl.Network([4, outputs], rng=rng), rng.normal(size=(30, 4)) * 3, rng.integers(outputs, size=30)


def drawn(ax: Axes) -> np.ndarray:
    """The picture that axes show."""
    return np.asarray(ax.images[0].get_array())


def bars(ax: Axes) -> list[float]:
    return [bar.get_width() for bar in ax.patches]  # type: ignore[attr-defined]


def ticks(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_yticklabels()]


def test_each_digit_is_shown_with_its_prediction_and_a_wrong_one_with_the_truth(
    model: pl.Model, digits: datasets.Samples
) -> None:
    figure = pl.pictures.digits(model, digits.X[:12], digits.y[:12], columns=5)
    outputs = model.network.predict(digits.X[:12])
    assert len(figure.axes) == 12
    wrong = 0
    for k, ax in enumerate(figure.axes):
        np.testing.assert_array_equal(drawn(ax).ravel(), digits.X[k])
        guess = int(outputs[k].argmax())
        first, second = ax.get_title().split("\n")
        name, share = first.split(" · ")
        assert name == str(guess)
        assert float(share.removesuffix(" %").lstrip(">")) == pytest.approx(100 * outputs[k].max(), abs=0.5)
        right = guess == digits.y[k]
        assert second == ("✓" if right else f"✗ true: {digits.y[k]}")
        assert (to_hex(ax.title.get_color()) == style.NEG) == (not right)
        wrong += not right
    assert wrong == 1  # the ninth test digit, a 5 that looks like a 6
    assert figure.get_suptitle().endswith("11 right, 1 wrong")


def test_without_truth_nothing_is_called_right_or_wrong(model: pl.Model, digits: datasets.Samples) -> None:
    figure = pl.pictures.digits(model, digits.X[:3])
    assert all("\n" not in ax.get_title() for ax in figure.axes)
    assert "right" not in figure.get_suptitle()


def test_mistakes_are_those_of_greatest_loss_worst_first(model: pl.Model, digits: datasets.Samples) -> None:
    figure = pl.pictures.mistakes(model, digits.X, digits.y, top=4)
    outputs = model.network.predict(digits.X)
    losses = -np.log(np.take_along_axis(outputs, digits.y[:, None], axis=1)[:, 0])
    wrong = np.flatnonzero(outputs.argmax(axis=1) != digits.y)
    expected = wrong[np.argsort(-losses[wrong])][:4]
    assert len(expected) == 4
    assert len(figure.axes) == 8  # a picture and bars each
    for place, row in enumerate(expected):
        picture, chart = figure.axes[2 * place], figure.axes[2 * place + 1]
        np.testing.assert_array_equal(drawn(picture).ravel(), digits.X[row])
        title = picture.get_title("left")
        assert title.startswith(f"sample {row}, loss {losses[row]:.2f}\n")
        assert title.endswith(f"true {digits.y[row]} → taken for {outputs[row].argmax()}")
        np.testing.assert_allclose(bars(chart), 100 * outputs[row], rtol=1e-4)
        hatched = [k for k, bar in enumerate(chart.patches) if bar.get_hatch()]
        assert hatched == [digits.y[row]]
        assert to_hex(chart.patches[outputs[row].argmax()].get_facecolor()) == style.NEG


def test_of_many_classes_the_likeliest_and_the_true_one_have_bars() -> None:
    net, X, _ = table_net(40)
    outputs = net.predict(X)
    y = outputs.argmin(axis=1)
    figure = pl.pictures.mistakes(net, X, y, top=3)
    order, _ = worst_by_loss(net, X, y, 3)
    for ax, row in zip(figure.axes, order, strict=True):
        likeliest = np.argsort(-outputs[row], kind="stable")[:5]
        assert ticks(ax) == [str(k) for k in [*likeliest, y[row]]]
        np.testing.assert_allclose(bars(ax), 100 * outputs[row, [*likeliest, y[row]]], rtol=1e-4)


def test_where_nothing_is_wrong_the_greatest_losses_are_shown_and_said_to_be_right() -> None:
    net, X, _ = table_net()
    y = net.predict(X).argmax(axis=1)
    figure = pl.pictures.mistakes(net, X, y, top=2)
    assert figure.get_suptitle().startswith("No mistakes")
    rows, losses = worst_by_loss(net, X, y, 30)
    assert np.all(np.diff(losses[rows]) <= 0)


def test_one_probability_is_drawn_as_two_classes() -> None:
    net = pl.Network([2, 1], loss=pl.BinaryCrossEntropy(), init=None)
    net.theta = [2.0, 0.0, 0.0]
    figure = pl.pictures.mistakes(pl.Model(net, ("no", "yes")), [[1.0, 0.0], [-1.0, 0.0]], [0, 0])
    (ax,) = figure.axes
    p = 1 / (1 + np.exp(-2.0))
    assert ticks(ax) == ["no", "yes"]
    np.testing.assert_allclose(bars(ax), [100 * (1 - p), 100 * p], rtol=1e-5)
    assert ax.get_title("left").endswith("true no → taken for yes")


def test_cells_of_the_matrix_hold_its_counts_and_its_shares() -> None:
    matrix = np.array([[8, 2, 0], [0, 1234, 0], [1, 0, 0]])
    figure = pl.pictures.confusion(matrix, ["a", "b", "c"])
    ax = figure.axes[0]
    cells = {tuple(map(int, text.get_position()[::-1])): text.get_text() for text in ax.texts}
    assert cells == {
        (row, column): f"{matrix[row, column]:,}" if matrix[row, column] else "·" for row, column in np.ndindex(3, 3)
    }
    np.testing.assert_allclose(drawn(ax), matrix / matrix.sum(axis=1, keepdims=True))
    assert ticks(ax) == ["a", "b", "c"] == [text.get_text() for text in ax.get_xticklabels()]
    assert ticks(ax.child_axes[0]) == ["80.0 %", "100.0 %", "0.0 %"]
    assert ax.get_title() == f"1,245 samples, {100 * 1242 / 1245:.2f} % right"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("taken for", "true class")


def test_a_class_without_samples_has_no_share_found() -> None:
    ax = pl.pictures.confusion([[1, 0], [0, 0]]).axes[0]
    assert ticks(ax.child_axes[0]) == ["100.0 %", "–"]
    assert ticks(ax) == ["0", "1"]


def test_many_classes_have_colours_and_few_names() -> None:
    ax = pl.pictures.confusion(np.eye(100, dtype=int)).axes[0]
    assert not ax.texts
    assert len(ticks(ax)) <= 40


def test_values_are_drawn_against_the_true_ones_and_the_worst_have_numbers() -> None:
    rng = np.random.default_rng(0)
    net = pl.Network([3, 2], loss=pl.SquaredError(), rng=rng)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=(50, 2))
    figure = pl.pictures.mistakes(net, X, y, top=3)
    guessed = net.predict(X)
    worst = np.argsort(-((guessed - y) ** 2).mean(axis=1))[:3]
    assert len(figure.axes) == 2
    for k, ax in enumerate(figure.axes):
        points, marked = (np.asarray(found.get_offsets()) for found in ax.collections)
        np.testing.assert_allclose(points, np.stack([y[:, k], guessed[:, k]], axis=1), rtol=1e-6)
        np.testing.assert_allclose(marked, np.stack([y[worst, k], guessed[worst, k]], axis=1), rtol=1e-6)
        assert [text.get_text() for text in ax.texts] == [str(row) for row in worst]
        scores = f"R² {metrics.r2(guessed[:, k], y[:, k]):.4f}, RMSE {number(metrics.rmse(guessed[:, k], y[:, k]))}"
        assert ax.get_title() == f"output {k}: {scores}"
    alone = pl.pictures.mistakes(pl.Network([3, 1], loss=pl.SquaredError(), rng=rng), X, y[:, :1])
    assert "50 samples: R² " in alone.get_suptitle().replace("\n", " ")


def test_at_most_six_outputs_get_a_panel() -> None:
    net = pl.Network([2, 9], loss=pl.SquaredError(), rng=np.random.default_rng(0))
    assert len(predicted_vs_true.against_truth(pl.Model(net), np.eye(2), np.zeros((2, 9))).axes) == 6


@pytest.mark.parametrize("name", ["CrossEntropy", "SoftmaxSquaredError", "BinaryCrossEntropy", "SquaredError", "Huber"])
def test_each_samples_loss_is_the_loss_of_a_batch_of_it_alone(name: str) -> None:
    loss = getattr(pl, name)()
    rng = np.random.default_rng(1)
    classes = loss.kind == "classes"
    net = pl.Network([3, 4, 3 if classes else 1], loss=loss, dtype=np.float64, rng=rng)
    X, y = rng.normal(size=(2500, 3)), rng.integers(2, size=2500)
    found = sample_losses(net, X, y if classes else y.reshape(-1, 1).astype(float))
    for row in (0, 1023, 1024, 2499):
        one = (X[row : row + 1], y[row : row + 1] if classes else y[row : row + 1].reshape(1, 1).astype(float))
        assert found[row] == pytest.approx(pl.evaluate(net, one).loss, rel=1e-12)


def test_what_cannot_be_drawn_is_told() -> None:
    values = pl.Network([4, 1], loss=pl.SquaredError(), rng=np.random.default_rng(0))
    several = pl.Network([4, 3], loss=pl.BinaryCrossEntropy(), rng=np.random.default_rng(0))
    net, X, y = table_net()
    with pytest.raises(pl.InputError, match="no pictures"):
        pl.pictures.digits(net, X)
    with pytest.raises(pl.InputError, match="3 yes-or-no questions"):
        pl.pictures.mistakes(several, X, np.zeros((30, 3)))
    with pytest.raises(pl.InputError, match="at least one"):
        pl.pictures.mistakes(net, X[:0], y[:0])
    with pytest.raises(pl.InputError, match="at least one"):
        pl.pictures.mistakes(values, X[:0], y[:0])
    with pytest.raises(pl.InputError, match="label 7"):
        pl.pictures.mistakes(net, X, np.full(30, 7))
    with pytest.raises(pl.InputError, match=r"\(2, 3\)"):
        pl.pictures.confusion(np.zeros((2, 3)))
    with pytest.raises(pl.InputError, match="3 names for 2 classes"):
        pl.pictures.confusion(np.eye(2), ["a", "b", "c"])
    with pytest.raises(pl.InputError, match="top=0"):
        pl.pictures.mistakes(net, X, y, top=0)


@pytest.mark.parametrize("far", [0.0, 500.0])
def test_predicted_and_true_values_have_the_same_range_that_of_both(far: float) -> None:
    plan = Preprocessing((Number("size", 0.0, 1.0, 0.0),), targets=(Target("price in $", 200.0, 100.0),))
    net = pl.Network([1, 1], loss=pl.SquaredError(), init=None)
    net.theta = [1.0, 0.0]
    X = np.array([[0.0], [1.0], [2.0], [far]])
    (ax,) = pl.pictures.mistakes(pl.Model(net, preprocessing=plan), X, [0.5, 1.0, 2.0, 3.0]).axes
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.get_aspect() == 1
    low, high = ax.get_xlim()
    least, most = 200.0, max(500.0, 200 + 100 * far)
    assert low < least
    assert high > most
    assert high - low <= 1.2 * (most - least)  # nothing else makes them longer
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"true price in \$", r"predicted price in \$")


def test_mistakes_name_the_target_the_classes_and_the_share_of_the_answer() -> None:
    net = pl.Network([2, 1], loss=pl.BinaryCrossEntropy(), init=None)
    net.theta = [2.0, 0.0, 0.0]
    names = ("a stay of less than a week", "a stay of more than a week")
    model = pl.Model(net, names, data={"target": "length of stay"})
    figure = pl.pictures.mistakes(model, [[1.0, 0.0], [-3.0, 0.0]], [0, 0])
    (ax,) = figure.axes
    assert figure.get_suptitle().startswith("length of stay: the worst mistakes")
    said = ax.get_title("left").split("\n")[1:]
    assert said[0].startswith("true a stay")
    assert said[1].startswith("taken for a stay")
    assert said[0].removeprefix("true ") != said[1].removeprefix("taken for ")
    assert [text.get_text() for text in ax.texts] == ["12 %", "88 %"]
    assert len(set(ticks(ax))) == 2


@pytest.mark.parametrize("loss", ["cross-entropy", "squared-error"])
def test_rows_of_a_table_are_called_by_their_numbers_in_the_file(loss: str) -> None:
    values = loss == "squared-error"
    net = pl.Network([4, 1 if values else 3], loss=pl.LOSSES[loss](), rng=np.random.default_rng(0))
    y = np.arange(4.0) if values else np.array([0, 1, 2, 0])
    figure = pl.pictures.mistakes(net, np.eye(4), y, top=1, rows=[17, 29, 31, 40])
    said = " ".join(part.get_text() for part in figure.findobj(Text) if isinstance(part, Text))
    assert any(str(number) in said for number in (17, 29, 31, 40))
    assert "4 rows" in said
    assert "sample" not in said
