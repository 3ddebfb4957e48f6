"""``pellucid plot`` draws every kind, says the numbers in JSON, and refuses what has no meaning in one message."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure
from PIL import Image

import pellucid as pl
from pellucid import datasets
from pellucid.cli.models import PACKAGED
from pellucid.cli.plot_kinds import KINDS
from support import Command


@pytest.fixture
def small_run(pellucid: Command, small: Path) -> str:
    assert pellucid("train", small, "--epochs", 3, "--hidden", 8, "--out", "run", "-q").code == 0
    return "run"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are saved, in place of their files' full bytes."""
    figures: list[Figure] = []

    def render(figure: Figure, suffix: str, dpi: int = 150) -> bytes:
        figures.append(figure)
        return suffix.encode()

    monkeypatch.setattr("pellucid.render.pictures.style.render", render)
    monkeypatch.setattr("pellucid.cli.plot_kinds.POINTS", 5)  # of the landscape, along each direction
    return figures


@pytest.mark.slow
def test_every_kind_of_a_run_is_drawn(pellucid: Command, small_run: str, kept: list[Figure]) -> None:
    for kind in KINDS:
        ended = pellucid("plot", small_run, kind, "--out", f"{kind}.png", "--json")
        assert (ended.code, ended.err) == (0, ""), kind
        said = json.loads(ended.out)
        assert (said["out"], said["kind"]) == (f"{kind}.png", kind)
        assert len(said) > 2, kind
        assert Path(f"{kind}.png").is_file()
    assert len(kept) == len(KINDS) == 10


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_files_are_what_their_names_say(pellucid: Command, suffix: str) -> None:
    ended = pellucid("plot", "architecture", "--out", f"a.{suffix}")
    assert (ended.code, ended.out, ended.err) == (0, f"architecture: a.{suffix}\n", "")
    magic = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert Path(f"a.{suffix}").read_bytes().startswith(magic)
    assert pellucid("plot", "architecture", "--out", f"b.{suffix}", "--quiet").out == ""
    assert Path(f"a.{suffix}").read_bytes() == Path(f"b.{suffix}").read_bytes()


def test_the_matrix_is_that_of_evaluate(pellucid: Command, small: Path, kept: list[Figure]) -> None:
    said = json.loads(pellucid("plot", "confusion", "--data", small, "--out", "c.png", "--json").out)
    evaluated = json.loads(pellucid("evaluate", small, "--json").out)
    assert said["confusion"] == evaluated["confusion"]
    shares = np.asarray(kept[0].axes[0].images[0].get_array())
    counts = np.array(said["confusion"])
    np.testing.assert_allclose(shares, counts / counts.sum(axis=1, keepdims=True))


def test_mistakes_and_digits_say_which_samples_they_show(pellucid: Command, small: Path, kept: list[Figure]) -> None:
    said = json.loads(pellucid("plot", "mistakes", "--data", small, "--top", 3, "--out", "m.png", "--json").out)
    assert said["samples"] == 600
    assert len(said["mistakes"]) == 3
    assert all(entry["prediction"] != entry["true"] for entry in said["mistakes"])
    losses = [entry["loss"] for entry in said["mistakes"]]
    assert losses == sorted(losses, reverse=True)
    titles = [ax.get_title("left") for ax in kept[0].axes[::2]]
    assert [title.split(",")[0] for title in titles] == [f"sample {entry['sample']}" for entry in said["mistakes"]]
    first = said["mistakes"][0]["sample"]
    said = json.loads(
        pellucid("plot", "digits", "--data", small, "--sample", first, "--top", 2, "--out", "d.png", "--json").out
    )
    assert [entry["sample"] for entry in said["digits"]] == [first, first + 1]
    assert said["digits"][0]["prediction"] != said["digits"][0]["true"]


def test_history_is_that_of_the_run(pellucid: Command, small_run: str, kept: list[Figure]) -> None:
    said = json.loads(pellucid("plot", small_run, "history", "--out", "h.png", "--json").out)
    table = np.genfromtxt("run/history.csv", delimiter=",", names=True)
    assert said["epochs"] == 3
    np.testing.assert_allclose(said["train_loss"], table["train_loss"])
    assert said["dev_r2"] == [None] * 3
    loss = kept[0].axes[0].lines[0]
    np.testing.assert_allclose(np.asarray(loss.get_ydata(), float), table["train_loss"])


def test_gradients_follow_the_path_of_the_run(pellucid: Command, small_run: str, kept: list[Figure]) -> None:
    said = json.loads(pellucid("plot", small_run, "gradients", "--out", "g.png", "--json").out)
    assert said["steps"][0] == 0
    assert said["steps"][-1] == 27
    assert len(said["layers"]) == 2
    assert said["samples"] == 60  # the dev part
    model, dev = pl.load_model("run/model.safetensors"), None
    dev = pl.datasets.load("small.npz", dev=None, seed=0).dev
    assert dev is not None
    health = pl.layer_health(model.network, dev.X, dev.y)
    assert said["layers"][0]["weight_gradient"][-1] == pytest.approx(health[0].weight_gradient)
    drawn = np.asarray(kept[0].axes[0].lines[0].get_ydata(), float)
    np.testing.assert_allclose(drawn, said["layers"][0]["weight_gradient"])


def test_a_sample_a_picture_and_a_layer_can_be_chosen(
    pellucid: Command, digits: datasets.Samples, kept: list[Figure]
) -> None:

    Image.fromarray(255 - digits.X[0].reshape(28, 28)).resize((200, 200)).save("seven.png")
    said = json.loads(pellucid("plot", "activations", "--image", "seven.png", "--out", "a.png", "--json").out)
    assert said["input"] == "seven.png"
    assert int(np.argmax(said["activations"][-1])) == 7
    said = json.loads(pellucid("plot", "saliency", "--image", "seven.png", "--out", "s.png", "--json").out)
    assert said["target"] == [7]
    said = json.loads(pellucid("plot", "saliency", "--sample", 8, "--out", "t.png", "--json").out)
    assert said["target"] == [5]  # the true class, which the network does not see
    assert len(said["gradient"]) == 784
    said = json.loads(pellucid("plot", "weights", "--layer", 2, "--out", "w.png", "--json").out)
    assert said["shape"] == [16, 32]
    W = pl.load(PACKAGED).layers[1].W
    np.testing.assert_allclose(np.asarray(kept[-1].axes[0].images[0].get_array()), W)
    assert pellucid("plot", "digits", "--image", "seven.png", "--out", "d.png").code == 0


def test_a_table_with_names_and_a_yes_or_no_answer(pellucid: Command, kept: list[Figure]) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    table = {"height": X[:, 0], "price in $": X[:, 1], "kind": np.where(X.sum(axis=1) > 0, "yes", "no")}
    pq.write_table(pa.table(table), "t.parquet")
    flags = ("--target", "kind", "--loss", "binary-cross-entropy", "--hidden", "none", "--epochs", 2)
    assert pellucid("train", "t.parquet", *flags, "--out", "run", "-q").code == 0
    for kind in KINDS:
        ended = pellucid("plot", "run", kind, "--out", f"{kind}.svg")
        assert ended.code == (2 if kind == "digits" else 0), (kind, ended.err)
    said = json.loads(pellucid("plot", "run", "confusion", "--out", "c.png", "--json").out)
    assert said["classes"] == ["no", "yes"]
    assert np.shape(said["confusion"]) == (2, 2)


def test_values_are_drawn_too(pellucid: Command, kept: list[Figure]) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    np.savez("line.npz", X=X, y=X @ [1.0, -2.0, 0.5])
    assert pellucid("train", "line.npz", "--epochs", 2, "--out", "run", "-q").code == 0
    for kind in KINDS:
        ended = pellucid("plot", "run", kind, "--out", f"{kind}.svg")
        assert ended.code == (2 if kind in ("digits", "confusion") else 0), (kind, ended.err)
    said = json.loads(pellucid("plot", "run", "mistakes", "--top", 2, "--out", "m.png", "--json").out)
    assert len(said["mistakes"][0]["true"]) == len(said["mistakes"][0]["prediction"]) == 1


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


BAD = [
    ("", "kind of picture"),
    ("confusio", "is not a kind of picture; did you mean confusion? Choose one of digits, history"),
    ("run confusion weights", "3 arguments"),
    ("small.npz", "name the kind of picture after it"),
    ("confusion gone.safetensors", "the run or the model comes first"),
    ("gone.safetensors confusion", "no such file"),
    ("small.npz confusion", "not a whole safetensors file"),
    ("history", "name the folder of a run"),
    ("gradients", "name the folder of a run"),
    ("small.npz history", "is not the folder of a run"),
    ("confusion --data gone.npz", "gone.npz"),
    ("confusion --data three.npz", "three.npz: has 3 inputs a sample"),
    ("weights --layer 9", "layer 9"),
    ("weights --layer 0", "--layer"),
    ("confusion --layer 2", "--layer: has no meaning for confusion"),
    ("weights --sample 3", "--sample: has no meaning for weights"),
    ("weights --data small.npz", "--data: has no meaning for weights"),
    ("saliency --top 3", "--top: has no meaning for saliency"),
    ("confusion --image gone.png", "--image: has no meaning for confusion"),
    ("saliency --image gone.png", "gone.png"),
    ("saliency --image gone.png --sample 1", "leave out --sample and --data"),
    ("saliency --sample 10000", "0 to 9999"),
    ("saliency --sample -1", "--sample"),
    ("digits --sample 10000", "0 to 9999"),
    ("digits --top 0", "--top"),
    ("mistakes --top 100000", "1<=x<=100"),
    ("mistakes --top x", "--top"),
]


@pytest.mark.parametrize(("arguments", "needle"), BAD, ids=[arguments or "nothing" for arguments, _ in BAD])
def test_what_cannot_be_drawn_ends_in_one_message(
    pellucid: Command, small: Path, tmp_path: Path, arguments: str, needle: str
) -> None:
    np.savez("three.npz", X=np.zeros((5, 3)), y=np.arange(5))
    before = contents(tmp_path)
    ended = pellucid("plot", *arguments.split(), "--out", "p.png")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert needle in ended.err
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["p.jpg", "p", "nowhere/p.png", "p.png.txt"])
def test_a_file_that_cannot_be_written_ends_in_one_message(pellucid: Command, name: str) -> None:
    ended = pellucid("plot", "architecture", "--out", name)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert name in ended.err
    assert not list(Path().iterdir())


def test_the_picture_that_is_read_is_never_overwritten(pellucid: Command, digits: datasets.Samples) -> None:
    Image.fromarray(255 - digits.X[0].reshape(28, 28)).save("digit.png")
    before = Path("digit.png").read_bytes()
    ended = pellucid("plot", "saliency", "--image", "digit.png", "--out", "../" + Path().resolve().name + "/digit.png")
    assert (ended.code, ended.out) == (2, "")
    assert "choose another name" in ended.err
    assert Path("digit.png").read_bytes() == before


def test_a_run_that_diverged_in_its_first_steps_has_no_gradients_to_draw(pellucid: Command) -> None:
    rng = np.random.default_rng(0)
    np.savez("values.npz", X=rng.standard_normal((300, 5)), y=rng.standard_normal(300))
    flags = ("--learning-rate", 1e30, "--clip-norm", 0, "--out", "run")
    assert pellucid("train", "values.npz", *flags).code == 2
    for kind in ("gradients", "history"):
        ended = pellucid("plot", "run", kind, "--out", "p.png", "--json")
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(f"error: {kind}: ")
        assert "train for at least one" in ended.err
        assert not Path("p.png").exists()


def test_a_loss_beyond_all_bounds_has_a_short_caption(pellucid: Command) -> None:
    rng = np.random.default_rng(0)
    np.savez("huge.npz", X=rng.standard_normal((60, 3)) * 1e200, y=rng.integers(2, size=60))
    assert pellucid("train", "huge.npz", "--epochs", 2, "--dtype", "float64", "--out", "run", "-q").code == 0
    for kind in ("mistakes", "history"):
        ended = pellucid("plot", "run", kind, "--out", "p.png")
        assert (ended.code, ended.err) == (0, "")


def test_the_files_name_is_looked_at_before_anything_is_drawn(pellucid: Command) -> None:
    assert "p.jpg" in pellucid("plot", "gone.safetensors", "weights", "--out", "p.jpg").err


def test_out_is_asked_for(pellucid: Command) -> None:
    ended = pellucid("plot", "weights")
    assert ended.code == 2
    assert "--out" in ended.err


def test_help_names_every_kind(pellucid: Command) -> None:
    ended = pellucid("plot", "--help")
    assert ended.code == 0
    for kind in KINDS:
        assert f"\n  {kind} " in ended.out
    assert max(map(len, ended.out.splitlines())) <= 100
