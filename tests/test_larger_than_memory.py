"""A file that is read block by block trains, stops, resumes and scores as data in memory do."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from safetensors.numpy import load_file

import pellucid as pl
from pellucid import datasets, runs
from pellucid.core import batches
from pellucid.core.arrays import AnyArray
from pellucid.datasets.streaming import file_stream, fixed_rows
from support import Command

FLAGS = ("X.npy", "--epochs", 3, "--dev", 300, "--learning-rate", 0.3, "--seed", 3)


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[AnyArray, AnyArray]:
    """4,000 real digits, all zeros first and all nines last, in X.npy and y.npy, read in blocks of 50 rows."""
    monkeypatch.chdir(tmp_path)
    train = datasets.mnist().train
    assert isinstance(train, datasets.Samples)
    X, y = train
    order = np.argsort(y[:4000], kind="stable")
    X, y = X[order], y[order]
    np.save("X.npy", X)
    np.save("y.npy", y)
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 0)
    monkeypatch.setattr(fixed_rows, "BLOCK_BYTES", 50 * 784)
    monkeypatch.setattr(batches, "WINDOW", 1000 * 784)
    return X, y


@pytest.mark.slow
@pytest.mark.usefixtures("streamed")
def test_a_file_sorted_by_class_trains_as_well_as_data_in_memory(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = datasets.mnist().test
    assert test is not None
    accuracies: list[float] = []
    for above in (0, 2**40):
        monkeypatch.setattr(file_stream, "STREAM_ABOVE", above)
        dataset = datasets.load("X.npy", dev=300)
        assert isinstance(dataset.train, datasets.Samples) == bool(above)
        ended = pellucid("train", *FLAGS, "--epochs", 8, "--out", f"run-{above}", "--json")
        assert ended.code == 0, ended.err
        result = json.loads(ended.out)
        assert result["steps"] == 8 * 58
        accuracy = pl.evaluate(pl.load(result["model"]), test).accuracy
        assert accuracy is not None
        accuracies.append(accuracy)
    assert accuracies[1] > 0.88
    assert accuracies[0] > accuracies[1] - 0.02


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize("step", [17, *(pytest.param(step, marks=pytest.mark.slow) for step in (1, 58, 100))])
def test_a_stopped_stream_resumes_to_the_same_bits(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    assert pellucid("train", *FLAGS, "--out", "whole").code == 0
    settings = {"data": "X.npy", "epochs": 3, "dev": 300, "learning_rate": 0.3, "seed": 3}
    run = runs.start(runs.prepare(runs.from_recipe(settings)), Path("cut"))
    original = run._after_step

    def after_step(progress: pl.Progress) -> None:
        run.stop = progress.step == step
        original(progress)

    monkeypatch.setattr(run, "_after_step", after_step)
    with pytest.raises(KeyboardInterrupt):
        list(run.go())
    assert pellucid("train", "--resume", "cut").code == 0
    whole, cut = (load_file(f"{name}/model.safetensors") for name in ("whole", "cut"))
    for key in whole:
        np.testing.assert_array_equal(whole[key], cut[key])
    assert Path("whole/history.csv").read_bytes() == Path("cut/history.csv").read_bytes()


@pytest.mark.usefixtures("streamed")
def test_a_streamed_file_that_has_changed_is_not_resumed(pellucid: Command) -> None:
    run = runs.start(runs.prepare(runs.from_recipe({"data": "X.npy", "epochs": 1})), Path("run"))
    assert run.result is None
    X = np.load("X.npy")
    np.save("X.npy", 255 - X)
    ended = pellucid("train", "--resume", "run")
    assert ended.code == 2
    assert "is not the data that run was started with" in ended.err


@pytest.mark.usefixtures("streamed")
def test_a_batch_of_all_of_a_stream_is_refused(pellucid: Command) -> None:
    ended = pellucid("train", "X.npy", "--batch-size", "all", "--out", "run")
    assert (ended.code, ended.out) == (2, "")
    assert "give a batch size" in ended.err
    assert not Path("run").exists()


@pytest.mark.usefixtures("streamed")
def test_a_file_that_is_cut_while_it_is_read_ends_with_a_message(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.start(runs.prepare(runs.from_recipe({"data": "X.npy", "epochs": 3})), Path("run"))
    epochs = run.go()
    next(epochs)
    with Path("X.npy").open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(pl.InputError, match=r"X\.npy"):
        list(epochs)


@pytest.mark.usefixtures("streamed")
def test_a_batch_may_be_as_large_as_the_whole_stream(pellucid: Command) -> None:
    ended = pellucid("train", "X.npy", "--hidden", 8, "--batch-size", 4000, "--epochs", 2, "--out", "run", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["steps"] == 2


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A table in three parts, sorted by what is to be predicted, which counts as larger than memory."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 4000))
    city = rng.choice(["Bonn", "Köln", "Ulm"], 4000)
    kind = np.where(a + (city == "Ulm") * 2 > 1, "high", np.where(b > 0.5, "middle", "low"))
    frame = polars.DataFrame({"a": a, "b": b, "city": city, "kind": kind}).sort("kind")
    Path("parts").mkdir()
    for k in range(3):
        frame[k * 1400 : (k + 1) * 1400].write_parquet(f"parts/{k}.parquet", row_group_size=500)
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 1000)
    monkeypatch.setattr(fixed_rows, "BLOCK_BYTES", 1 << 12)
    return tmp_path / "parts"


TABLE = ("--target", "kind", "--epochs", 4, "--engine", "numpy", "--json")


@pytest.mark.usefixtures("table")
def test_a_table_sorted_by_its_target_is_learned_as_well_as_in_memory(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies = []
    for above, out in ((1000, "stream"), (1 << 28, "memory")):
        monkeypatch.setattr(file_stream, "STREAM_ABOVE", above)
        ended = pellucid("train", "parts", *TABLE, "--out", out)
        assert ended.code == 0, ended.err
        accuracies.append(json.loads(ended.out)["dev"]["accuracy"])
    assert min(accuracies) > 0.93
    assert accuracies[0] > accuracies[1] - 0.03
    assert not Path(".cache").exists()


@pytest.mark.usefixtures("table")
def test_a_table_read_block_by_block_is_resumed_to_the_same_bits(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ("parts/*.parquet", *TABLE, "--dropout", 0.2)
    assert pellucid("train", *flags, "--out", "whole").code == 0
    stopped, steps = runs.Run._after_step, 0

    def stop_once(run: runs.Run, progress: Any) -> None:
        nonlocal steps
        steps += 1
        run.stop = run.stop or steps == 171
        stopped(run, progress)

    monkeypatch.setattr(runs.Run, "_after_step", stop_once)
    assert pellucid("train", *flags, "--out", "cut").code == 130
    assert list(Path(".cache").glob("*.rows"))  # which the run goes on with
    assert pellucid("train", "--resume", "cut", "--json").code == 0
    assert not Path(".cache").exists()
    whole, cut = load_file("whole/model.safetensors"), load_file("cut/model.safetensors")
    assert all((whole[name] == cut[name]).all() for name in whole)


@pytest.mark.usefixtures("table")
def test_predictions_in_parts_go_on_where_they_stopped(pellucid: Command) -> None:
    assert pellucid("train", "parts", *TABLE, "--out", "run").code == 0
    first = pellucid("predict", "run", "parts/*.parquet", "--out", "answers", "--json")
    assert json.loads(first.out) == {
        "out": "answers", "parts": ["0.parquet", "1.parquet", "2.parquet"], "skipped": [], "rows": 4000
    }  # fmt: skip
    Path("answers/1.parquet").unlink()
    again = json.loads(pellucid("predict", "run", "parts/*.parquet", "--out", "answers", "--json").out)
    assert again["parts"] == ["1.parquet"]
    assert again["skipped"] == ["0.parquet", "2.parquet"]
    whole = polars.read_parquet("answers/*.parquet")["prediction"].to_list()
    one = pellucid("predict", "run", *(f"parts/{k}.parquet" for k in range(3)), "--json")
    assert [each["prediction"] for each in json.loads(one.out)["predictions"]] == whole
    Path("odd").mkdir()
    polars.DataFrame({"other": [1.0]}).write_parquet("odd/0.parquet")
    assert pellucid("predict", "run", "odd", "--out", "none").code == 2
    assert not Path("none").exists()
    other = pellucid("predict", "run", "parts/*.parquet", "--out", "answers", "--limit", 10)
    assert other.code == 2
    assert "holds predictions of another model, table or limit" in other.err
    some = pellucid("predict", "run", "parts", "--out", "some", "--limit", 1500, "--with-columns", "--json")
    assert json.loads(some.out)["rows"] == 1500
    assert polars.read_parquet("some/*.parquet").columns[:4] == ["a", "b", "city", "kind"]
    assert sorted(path.name for path in Path("some").iterdir()) == ["0.parquet", "1.parquet", "predictions.json"]


@pytest.mark.usefixtures("table")
def test_a_few_rows_are_not_compared_with_a_large_table(pellucid: Command) -> None:
    assert pellucid("train", "parts", *TABLE, "--out", "run").code == 0
    polars.read_parquet("parts/0.parquet")[:5].write_csv("few.csv")
    ended = pellucid("evaluate", "run", "few.csv", "--json")
    assert json.loads(ended.out)["learned_from"] is None
    assert "these samples were not compared with it" in ended.err


@pytest.mark.usefixtures("table")
def test_the_first_rows_are_counted_and_ranks_share_the_parts(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pellucid("train", "parts", *TABLE, "--out", "run").code == 0
    Path("csv").mkdir()
    for k, rows in enumerate((700, 3, 900)):  # whose lines say little of how many they are
        polars.read_parquet(f"parts/{k}.parquet")[:rows].write_csv(f"csv/{k}.csv")
    told = json.loads(pellucid("predict", "run", "csv", "--out", "some", "--limit", 710, "--json").out)
    assert (told["rows"], told["parts"]) == (710, ["0.csv", "1.csv", "2.csv"])
    assert [len(polars.read_csv(f"some/{k}.csv")) for k in range(3)] == [700, 3, 7]
    monkeypatch.setenv("PMI_SIZE", "2")
    found = []
    for rank in (1, 0):
        monkeypatch.setenv("PMI_RANK", str(rank))
        found.append(json.loads(pellucid("predict", "run", "csv", "--out", "all", "--json").out)["parts"])
    assert found == [["1.csv"], ["0.csv", "2.csv"]]
    refused = pellucid("predict", "run", "csv", "--out", "all", "--force")
    assert refused.code == 2
    assert "not under mpiexec" in refused.err


@pytest.mark.usefixtures("table")
def test_a_large_table_is_evaluated_in_one_pass_to_the_same_scores(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pellucid("train", "parts", *TABLE, "--out", "run").code == 0
    large = json.loads(pellucid("evaluate", "run", "parts", "--json", "--out", "large.csv").out)
    some = json.loads(pellucid("evaluate", "run", "parts", "--json", "--limit", 1000).out)
    assert 850 < some["samples"] < 1150  # about so many, by a hash
    few = json.loads(pellucid("importance", "run", "parts", "--limit", 500, "--repeats", 1, "--json").out)
    assert 400 < few["samples"] < 600
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 1 << 28)
    memory = json.loads(pellucid("evaluate", "run", "parts", "--json", "--out", "memory.csv").out)
    assert large["samples"] == memory["samples"] == 4000
    assert large["confusion"] == memory["confusion"]
    assert large["per_class"] == memory["per_class"]
    assert large["loss"] == pytest.approx(memory["loss"], rel=1e-5)
    assert large["baseline"] == memory["baseline"]
    rows = [Path(name).read_text().splitlines() for name in ("large.csv", "memory.csv")]
    assert [row.split(",")[:3] for row in rows[0]] == [row.split(",")[:3] for row in rows[1]]
    assert "--limit: is for DATA" in pellucid("evaluate", "run", "parts", "--limit", 1000).err
