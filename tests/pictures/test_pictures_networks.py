"""Pictures of networks hold their numbers: weights, activations, the input's gradient, neurons and edges."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import pellucid as pl
from pellucid.analysis.layer_health import strongest
from pellucid.model.columns import Number, Target
from pellucid.model.preprocessing import Preprocessing
from pellucid.render.names import distinct
from pellucid.render.pictures import style

RNG = np.random.default_rng(2)


architecture: Any = import_module("pellucid.render.pictures.architecture")  # the package has a function of its name


def image_net(*hidden: int) -> pl.Model:
    net = pl.Network([12, *hidden, 3], rng=np.random.default_rng(3))
    return pl.Model(net, ("a", "b", "c"), image_shape=(4, 3))


def widths(ax: Any) -> list[float]:
    """The lengths of horizontal bars."""
    return [bar.get_width() for bar in ax.patches]


def test_each_neuron_has_its_weights_as_a_picture_on_one_scale() -> None:
    model = image_net(9)
    figure = pl.pictures.weights(model, columns=4)
    W = model.network.layers[0].W
    tiles = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in tiles] == [str(k) for k in range(9)]
    for k, ax in enumerate(tiles):
        np.testing.assert_allclose(np.asarray(ax.images[0].get_array()), W[k].reshape(4, 3))
    limits = {ax.images[0].get_clim() for ax in tiles}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high  # white stands at 0
    assert high == pytest.approx(np.quantile(np.abs(W), 0.99))


def test_the_only_layer_names_its_pictures_after_the_classes() -> None:
    figure = pl.pictures.weights(image_net())
    assert [ax.get_title() for ax in figure.axes if ax.images] == ["a", "b", "c"]


def test_of_a_large_layer_the_strongest_neurons_are_drawn() -> None:
    model = image_net(100)
    norms = np.linalg.norm(model.network.layers[0].W, axis=1)
    tiles = [ax for ax in pl.pictures.weights(model).axes if ax.images]
    shown = [int(ax.get_title()) for ax in tiles]
    assert len(shown) == 64
    assert shown == sorted(shown)
    assert norms[shown].min() >= np.delete(norms, shown).max()
    assert strongest(np.eye(3), 5).tolist() == [0, 1, 2]


def test_a_table_holds_w_with_outputs_down_and_inputs_across() -> None:
    net = pl.Network([3, 2], rng=np.random.default_rng(0))
    ax = pl.pictures.weights(pl.Model(net, ("no", "yes"), ("height", "width", "price in $"))).axes[0]
    W = net.layers[0].W
    np.testing.assert_allclose(np.asarray(ax.images[0].get_array()), W)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["height", "width", r"price in \$"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["no", "yes"]
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells == {(k, j): f"{W[j, k]:.2g}" for j, k in np.ndindex(2, 3)}


def test_a_later_layer_of_a_picture_model_is_a_table_too() -> None:
    model = image_net(5)
    ax = pl.pictures.weights(model, layer=2).axes[0]
    np.testing.assert_allclose(np.asarray(ax.images[0].get_array()), model.network.layers[1].W)
    with pytest.raises(pl.InputError, match="layers 1 to 2"):
        pl.pictures.weights(model, layer=3)
    with pytest.raises(pl.InputError, match="layer=0"):
        pl.pictures.weights(model, layer=0)


def test_activations_are_those_of_a_forward_pass() -> None:
    model = image_net(5, 4)
    x = RNG.random(12).astype(np.float32)
    figure = pl.pictures.activations(model, x, 1)
    trace = pl.Trace(model.network, 1)
    trace.fill(x[None])
    pl.forward(model.network, trace)
    picture, *layers = figure.axes
    np.testing.assert_array_equal(np.asarray(picture.images[0].get_array()).ravel(), x)
    for l, ax in enumerate(layers, start=1):
        np.testing.assert_allclose(widths(ax), trace.a[l][0], rtol=1e-6)
        assert ax.get_title() == f"layer {l}: {model.network.sizes[l]} × {model.network.layers[l - 1].activation.name}"
    scores = [line for line in layers[0].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(np.asarray(scores[0].get_xdata(), float), trace.z[0][0], rtol=1e-6)
    assert [bool(bar.get_hatch()) for bar in layers[-1].patches] == [False, True, False]
    guess = "abc"[int(trace.a[-1].argmax())]
    assert figure.get_suptitle().replace("\n", " ").endswith(f"predicted {guess}, true b")


def values(ax: Axes) -> np.ndarray:
    found = ax.images[0].get_array()
    assert found is not None
    return found


def test_a_large_layer_is_a_field_with_every_neuron_in_it() -> None:
    net = pl.Network([50, 45, 2], activation=pl.Tanh(), rng=np.random.default_rng(0))
    x = RNG.normal(size=50)
    figure = pl.pictures.activations(net, x)
    a = net.features(x[None], layer=1)[0]
    fields = [np.ma.filled(values(ax), np.nan).ravel() for ax in figure.axes[:2]]
    np.testing.assert_allclose(fields[0][:50], x)
    np.testing.assert_allclose(fields[1][:45], a)
    assert np.isnan(fields[1][45:]).all()


def test_saliency_is_the_slope_of_the_loss_along_each_input() -> None:
    model = image_net(6)
    x, wide = RNG.random(12), model.network.astype(np.float64)
    figure = pl.pictures.saliency(model, x, 2)
    numeric = np.empty(12)
    for k in range(12):
        shifted = np.stack([x, x])
        shifted[0, k] += 1e-6
        shifted[1, k] -= 1e-6
        high, low = (pl.evaluate(wide, (row[None], np.array([2]))).loss for row in shifted)
        numeric[k] = (high - low) / 2e-6
    drawn = np.asarray(figure.axes[1].images[0].get_array()).ravel()
    np.testing.assert_allclose(drawn, -numeric, rtol=1e-5, atol=1e-8)  # what lowers the loss speaks for the answer
    assert figure.axes[1].get_title() == "what speaks for c, and against it"
    low_end, high_end = figure.axes[1].images[0].get_clim()
    assert -low_end == high_end == pytest.approx(np.abs(numeric).max(), rel=1e-5)


def test_without_a_target_the_predicted_class_is_asked_about() -> None:
    model = image_net(6)
    x = RNG.random(12)
    guess = int(model.network.predict(x[None]).argmax())
    found, target = pl.pictures.input_gradient(model, x)
    assert target.tolist() == [guess]
    np.testing.assert_array_equal(found, pl.pictures.input_gradient(model, x, guess)[0])


def test_a_sure_answer_still_has_a_gradient() -> None:
    net = pl.Network([1, 2], init=None)
    net.theta = [10.0, -10.0, 0.0, 0.0]
    gradient, _ = pl.pictures.input_gradient(net, [1.0], 0)
    assert gradient[0] == pytest.approx(-20 / (1 + np.exp(20)), rel=1e-6, abs=0)  # half of it in float32


def test_features_have_bars_of_their_gradient_with_name_and_value() -> None:
    net = pl.Network([2, 1], loss=pl.SquaredError(), init=None)
    net.theta = [1.0, -2.0, 0.0]
    ax = pl.pictures.saliency(pl.Model(net, features=("a", "b")), [3.0, 1.0], [0.0]).axes[0]
    assert widths(ax) == [-2.0, 4.0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a = 3", "b = 1"]
    with pytest.raises(pl.InputError, match="true value is not known"):
        pl.pictures.saliency(net, [3.0, 1.0])


def test_of_many_features_those_with_the_largest_gradient_have_bars() -> None:
    net = pl.Network([60, 2], rng=np.random.default_rng(0))
    x = RNG.normal(size=60)
    gradient, _ = pl.pictures.input_gradient(net, x, 0)
    ax = pl.pictures.saliency(net, x, 0).axes[0]
    largest = np.sort(np.argsort(-np.abs(gradient))[:40])
    np.testing.assert_allclose(widths(ax), -gradient[largest])


def edges(figure: Figure, l: int, sign: str) -> Any:
    (ax,) = figure.axes
    (found,) = [lines for lines in ax.collections if lines.get_gid() == f"edges {l} {sign}"]
    assert isinstance(found, LineCollection)
    return found


def test_every_weight_of_a_small_network_is_an_edge_wide_by_its_size_and_coloured_by_its_sign() -> None:
    net = pl.Network([3, 4, 2], rng=np.random.default_rng(0))
    figure = pl.pictures.architecture(net)
    for l, layer in enumerate(net.layers, start=1):
        positive, negative = edges(figure, l, "positive"), edges(figure, l, "negative")
        assert len(positive.get_segments()) == np.count_nonzero(layer.W >= 0)
        assert len(negative.get_segments()) == np.count_nonzero(layer.W < 0)
        sizes = np.sort(np.abs(layer.W[layer.W >= 0]))
        drawn = np.sort(positive.get_linewidths())
        np.testing.assert_allclose(drawn, 0.15 + 2.6 * sizes / np.abs(layer.W).max(), rtol=1e-5)
        assert positive.get_linestyles() != negative.get_linestyles()
    written = [text.get_text() for text in figure.axes[0].texts]
    for W in (net.layers[0].W, net.layers[1].W):
        assert {f"{weight:.2f}" for weight in W.ravel()} <= set(written)
    assert "layer 1\n4 neurons, relu\n12 weights + 4" in written
    assert figure.get_suptitle() == "3-4-2: 26 parameters"


def test_an_edge_runs_from_its_input_to_its_output() -> None:
    net = pl.Network([2, 3], init=None)
    net.layers[0].W[...] = -0.01
    net.layers[0].W[2, 0] = 1.0
    figure = pl.pictures.architecture(net)
    (segment,) = edges(figure, 1, "positive").get_segments()
    before, after = architecture.columns(net, picture=False)
    np.testing.assert_allclose(segment, [[0, before.heights[0]], [architecture.GAP, after.heights[2]]])


def test_of_a_large_network_the_strongest_edges_between_drawn_neurons_are_left() -> None:
    net = pl.Network([100, 50, 16, 16, 2], rng=np.random.default_rng(0))
    figure = pl.pictures.architecture(net)
    W = net.layers[1].W
    drawn = np.abs(W[:, strongest(net.layers[0].W, 16)])
    wide = np.concatenate([edges(figure, 2, sign).get_linewidths() for sign in ("positive", "negative")])
    assert len(wide) == architecture.EDGES
    kept = np.sort(drawn.ravel())[-architecture.EDGES :]
    np.testing.assert_allclose(np.sort(wide), 0.15 + 2.6 * kept / kept.max(), rtol=1e-5)
    circles = [c for c in figure.axes[0].collections if isinstance(c, PathCollection)]
    assert [len(np.asarray(found.get_offsets())) for found in circles] == [16, 16, 16, 16, 2]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"84 more inputs\nwith smaller weights", "34 more neurons\nwith smaller weights"} <= set(texts)


def test_a_drawn_neuron_has_its_own_number_its_own_bias_and_its_own_edges() -> None:
    net = pl.Network([2, 40, 3], init=None)
    strong = [3, 7, 11, 19, 20, 21, 22, 23, 24, 25, 26, 30, 31, 36, 38, 39]
    net.layers[0].W[strong] = 1.0
    net.layers[0].b[...] = np.arange(40)
    net.layers[1].W[2, 36] = 1.0
    figure = pl.pictures.architecture(pl.Model(net, ("no", "yes", "maybe")))
    (ax,) = figure.axes
    inside = [text for text in ax.texts if text.get_text().isdigit() and text.get_position()[0] == architecture.GAP]
    assert [int(text.get_text()) for text in inside] == strong
    found: Any
    (found,) = [c for c in ax.collections if c.get_gid() == "neurons 1"]
    np.testing.assert_allclose(np.asarray(found.get_array()), np.array(strong) / 39)
    wide = edges(figure, 2, "positive").get_linewidths()
    segment = edges(figure, 2, "positive").get_segments()[int(np.argmax(wide))]
    number = {round(text.get_position()[1], 6): text.get_text() for text in inside}
    assert number[round(float(segment[0][1]), 6)] == "36"


def test_a_pictures_pixels_are_gathered_to_a_box_and_an_edge_a_neuron() -> None:
    model = image_net(5)
    figure = pl.pictures.architecture(model)
    (ax,) = figure.axes
    W = model.network.layers[0].W
    np.testing.assert_allclose(
        np.asarray(ax.images[0].get_array()), np.sqrt((W.astype(float) ** 2).mean(axis=0)).reshape(4, 3)
    )
    gathered: Any
    (gathered,) = [c for c in ax.collections if c.get_gid() == "edges 1 gathered"]
    norms = np.linalg.norm(W, axis=1)
    np.testing.assert_allclose(gathered.get_linewidths(), 0.3 + 3 * norms / norms.max(), rtol=1e-5)
    assert {"a", "b", "c"} <= {text.get_text() for text in ax.texts}


def test_circles_are_filled_by_their_biases() -> None:
    net = pl.Network([2, 3], init=None)
    net.layers[0].b[...] = [0.5, -1.0, 0.0]
    (ax,) = pl.pictures.architecture(net).axes
    (found,) = [c for c in ax.collections if c.get_gid() == "neurons 1"]
    np.testing.assert_allclose(np.asarray(found.get_array()), [0.5, -1.0, 0.0])
    red, _, blue, _ = style.signed()(0.95)
    assert blue > red  # positive is blue


def test_a_network_without_weights_can_be_drawn() -> None:
    net = pl.Network([784, 3, 2], init=None)
    for figure in (pl.pictures.weights(net), pl.pictures.architecture(net)):
        assert style.render(figure, ".png", dpi=30).startswith(b"\x89PNG")


def test_blue_speaks_for_in_saliency_as_in_weights() -> None:
    net = pl.Network([2, 1], loss=pl.BinaryCrossEntropy(), init=None)
    net.theta = [1.5, -2.0, 0.0]
    model = pl.Model(net, ("no", "yes"), ("a", "b"))
    weights = np.asarray(pl.pictures.weights(model).axes[0].images[0].get_array())[0]
    ax: Any = pl.pictures.saliency(model, [0.3, 0.1], 1).axes[0]
    assert np.sign(widths(ax)).tolist() == np.sign(weights).tolist()
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [style.POS, style.NEG]
    assert "blue: more of it speaks for" in ax.get_xlabel()


# names that begin alike, end alike, or both, and differ in between, at an end or nowhere
NAMES = st.tuples(
    st.sampled_from(["", "a" * 20, "ab" * 15]), st.text("ab ", max_size=9), st.sampled_from(["", "b" * 20])
)


@example(["p" * 20 + middle + "r" * 20 for middle in ("a" * 20 + "1", "a" * 20 + "2", "b")], 12)
@example(["a" * 20 + "b" * 20, "a" * 20 + "b" * 20, "a" * 21 + "b" * 20, "a" * 20 + "b" * 21], 8)
@given(st.lists(NAMES.map("".join), min_size=1, max_size=30), st.integers(8, 30))
def test_names_that_differ_are_cut_to_labels_that_differ(names: list[str], most: int) -> None:
    cut = distinct(names, most)
    assert len(set(cut)) == len(set(names))
    assert all(len(text) <= most for text in cut)
    assert all(text == name for text, name in zip(cut, names, strict=True) if len(name) <= most)


def test_a_true_value_is_told_in_its_own_unit() -> None:
    plan = Preprocessing((Number("size", 0.0, 1.0, 0.0),), targets=(Target("price", 200.0, 100.0),))
    model = pl.Model(pl.Network([1, 1], loss=pl.SquaredError(), init=None), features=("size",), preprocessing=plan)
    assert (
        pl.pictures.saliency(model, [1.0], [0.5]).axes[0].get_title() == "what speaks for price = 250, and against it"
    )
    heading = pl.pictures.activations(model, [1.0], [0.5]).get_suptitle().replace("\n", " ")
    assert heading.endswith("predicted 200, true 250")
