"""A course: it goes back to the very bits, and what was changed in it is changed again on the way."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import datasets
from pellucid.core.errors import DivergenceError, InputError
from pellucid.model.model_file import load, load_model
from pellucid.runs import from_recipe, own_data, prepare, read_run, resume
from pellucid.studio import knobs
from pellucid.studio.course import Course
from pellucid.studio.keeper import thinnest
from pellucid.studio.starting import begin, reopen
from pellucid.studio.worker import watched
from studio.courses import WAYS, course, logged, prepared, sha


def some_steps(last: int, count: int = 20) -> list[int]:
    return [int(step) for step in np.random.default_rng(0).integers(1, last + 1, count)]


@pytest.mark.parametrize("way", WAYS)
def test_twenty_steps_are_gone_back_to_with_the_bits_of_an_unwatched_training(way: str, small: Path) -> None:
    log, made = logged(small, **WAYS[way]), course(small, **WAYS[way])
    made.go()
    assert made.is_finished
    assert sha(made.theta) == log[made.last]
    for step in some_steps(made.last):
        made.back(step)
        assert (made.step, sha(made.theta)) == (step, log[step])
    made.go()
    assert sha(made.theta) == log[made.last]


def test_it_stops_after_the_step_that_is_asked_for_at_the_end_of_an_epoch_too(small: Path) -> None:
    log, made = logged(small), course(small)
    for step in range(1, made.total + 1):
        made.go(step)
        assert (made.step, sha(made.theta)) == (step, log[step])
    assert made.is_finished


@pytest.mark.parametrize("way", WAYS)
def test_what_a_killed_process_has_left_leads_to_the_same_bits(way: str, small: Path, tmp_path: Path) -> None:
    log, made = logged(small, **WAYS[way]), course(small, **WAYS[way])
    made.place(tmp_path / "run")
    made.go(made.total // 2)
    made.run.lock = None  # as the system does with the lock of a process that is gone
    again = reopen(tmp_path / "run")
    again.go()
    for step in some_steps(again.last):
        again.back(step)
        assert sha(again.theta) == log[step]


def test_a_run_in_the_studio_is_the_run_of_the_command(small: Path, tmp_path: Path) -> None:
    made = course(small)
    made.place(tmp_path / "run")
    made.go(7)
    made.save()
    made.run.lock = None
    ordinary = resume(tmp_path / "run")
    assert len(list(ordinary.go())) == 3
    assert sha(load(tmp_path / "run" / "model.safetensors").theta) == logged(small)[27]
    assert len(read_run(tmp_path / "run").history) == 3


def test_a_run_with_turned_knobs_is_resumed_to_the_bits_of_the_studio(small: Path, tmp_path: Path) -> None:
    made = course(small)
    made.place(tmp_path / "run")
    made.go(4)
    made.change("knob", {"name": "learning_rate", "value": 0.05})
    made.change("knob", {"name": "batch_size", "value": 32})
    made.go(12)
    made.save()
    made.run.lock = None
    ordinary = resume(tmp_path / "run")
    assert len(list(ordinary.go())) == 2
    made.go()
    assert sha(ordinary.state.network.theta) == sha(made.theta)


def test_a_way_back_can_be_stopped_and_gone_again(small: Path) -> None:
    log, made = logged(small), course(small)
    made.go()
    made.keeper.kept = {0: made.keeper.kept[0]}
    asked = iter([False, False, True])
    made.watch = lambda: next(asked, False)
    made.back(20)
    assert made.step < 20
    assert sha(made.theta) == log[made.step]
    made.back(20)
    assert sha(made.theta) == log[20]


def test_a_run_of_the_command_can_be_gone_back_in(small: Path, tmp_path: Path, pellucid: Any) -> None:
    assert pellucid("train", small, "--epochs", 3, "--out", tmp_path / "run", "--engine", "numpy").code == 0
    made, log = reopen(tmp_path / "run"), logged(small)
    for step in (5, 0, 20):
        made.back(step)
        assert step == 0 or sha(made.theta) == log[step]


def test_an_unchanged_branch_has_equal_bits(small: Path) -> None:
    made = course(small, optimizer="adam", dropout=0.2)
    made.go()
    other = made.branch(11)
    assert (other.step, made.step) == (11, made.last)
    other.go()
    assert sha(other.theta) == sha(made.theta)
    assert other.rows == made.rows


def changed(made: Course) -> Course:
    """Knobs turned, parts switched off and frozen, on the way."""
    made.go(4)
    made.change("knob", {"name": "learning_rate", "value": 0.05})
    made.change("knob", {"name": "batch_size", "value": 32})
    made.go(6)
    made.change("off", {"layer": 1, "neuron": 3})
    made.change("freeze", {"layer": 2, "neuron": 2})
    made.change("edit", {"layer": 1, "neuron": 1, "input": 300, "value": 0.5})
    made.go(15)
    made.change("knob", {"name": "dropout", "value": 0.3})
    made.change("undo", {})
    made.go(25)
    made.change("free", {"layer": 1, "neuron": 3})
    made.go()
    return made


def test_the_journal_is_made_again_on_the_way_also_after_the_process_was_killed(small: Path, tmp_path: Path) -> None:
    plain, made = changed(course(small)), course(small)
    made.place(tmp_path / "run")
    changed(made)
    assert sha(made.theta) == sha(plain.theta)
    known = {}
    for step in (0, 4, 5, 6, 9, 15, 25, 26, made.last):
        made.back(step)
        known[step] = sha(made.theta)
    assert known[made.last] == sha(plain.theta)
    made.run.lock = None
    again = reopen(tmp_path / "run")
    assert again.step == made.last
    for step, hashed in known.items():
        again.back(step)
        assert sha(again.theta) == hashed, step


def test_a_knob_of_the_next_epoch_waits_for_it_and_one_of_the_next_step_does_not(small: Path) -> None:
    made = course(small)
    made.go(4)
    made.change("knob", {"name": "learning_rate", "value": 0.05})
    made.change("knob", {"name": "batch_size", "value": 32})
    assert (made.run.settings.learning_rate, made.run.settings.batch_size) == (0.05, 64)
    assert made.pending == {"batch_size": 32}
    made.go(9)
    assert (made.run.settings.batch_size, made.pending, made.batches) == (32, {}, 17)
    made.change("knob", {"name": "batch_size", "value": 64})  # the next epoch has not begun
    assert made.run.settings.batch_size == 64


def test_other_data_are_learned_from_at_the_next_epoch_and_on_the_way_back(
    small: Path, tmp_path: Path, digits: Any
) -> None:
    other = tmp_path / "other.npz"
    np.savez(other, X=digits.X[:300], y=digits.y[:300])
    made = course(small)
    made.place(tmp_path / "run")
    made.go(4)
    made.change("knob", {"name": "data", "value": str(other)})
    assert (made.batches, made.pending) == (9, {"data": str(other)})
    made.go()
    assert (made.batches, made.step) == (5, 19)
    assert read_run(tmp_path / "run").settings.data == str(other)
    hashed = sha(made.theta)
    made.back(3)
    assert (made.batches, sha(made.theta)) == (9, logged(small)[3])
    made.go()
    assert sha(made.theta) == hashed
    made.run.lock = None
    again = reopen(tmp_path / "run")
    again.back(3)
    again.go()
    assert sha(again.theta) == hashed
    made = course(small)
    np.savez(tmp_path / "narrow.npz", X=digits.X[:300, :100], y=digits.y[:300])
    with pytest.raises(InputError, match="other inputs or other classes"):
        made.change("knob", {"name": "data", "value": str(tmp_path / "narrow.npz")})


def test_a_way_back_to_data_that_are_gone_is_refused_and_nothing_is_changed(
    small: Path, tmp_path: Path, digits: Any
) -> None:
    np.savez(tmp_path / "other.npz", X=digits.X[:300], y=digits.y[:300])
    made = course(small)
    made.go(4)
    made.change("knob", {"name": "data", "value": str(tmp_path / "other.npz")})
    made.go(12)
    hashed = sha(made.theta)
    knobs._data.cache_clear()
    small.unlink()
    with pytest.raises(InputError, match="no such file"):
        made.back(3)
    assert (made.step, made.batches, sha(made.theta)) == (12, 5, hashed)


def table(path: Path, rows: int, oldest: int, cities: str, *, target: str = "bought", values: bool = False) -> Path:
    rng, lines = np.random.default_rng(rows), [f"age,city,{target}"]
    for _ in range(rows):
        age, city = int(rng.integers(18, oldest)), str(rng.choice(list(cities)))
        said = f"{age * 1.5 + (city == 'A'):g}" if values else "yes" if age > 50 else "no"
        lines.append(f"{age},{city},{said}")
    path.write_text("\n".join(lines) + "\n")
    return path


def of_table(data: Path, **settings: Any) -> Course:
    return begin(watched(prepare(from_recipe({"data": str(data), "epochs": 8, **settings}, "table"))))


@pytest.mark.parametrize("values", [False, True])
def test_another_table_is_learned_from_at_the_next_epoch_scaled_as_the_first_one(values: bool, tmp_path: Path) -> None:
    first = table(tmp_path / "first.csv", 200, 80, "AB", values=values)
    other = table(tmp_path / "other.csv", 130, 99, "ABC", values=values)
    plain, made = of_table(first, target="bought"), of_table(first, target="bought")
    made.place(tmp_path / "run")
    made.go(4)
    made.change("knob", {"name": "data", "value": str(other)})
    assert (made.batches, made.pending) == (6, {"data": str(other)})
    made.run.lock = None
    waiting = reopen(tmp_path / "run")  # killed before it acted
    waiting.run.lock = None
    made.go()
    assert (made.batches, made.step) == (4, 34)
    plain.go(6)
    known = {}
    for step in (0, 3, 6, 7, 15, 34):
        made.back(step)
        known[step] = sha(made.theta)
    assert known[6] == sha(plain.theta)
    plan, frame = made.run.model.preprocessing, datasets.read_frame(other)
    assert plan is not None
    assert plan == plain.run.model.preprocessing
    X, train = datasets.inputs_of(frame, plan, np.float32), made.run.dataset.train  # as predict does; C is unknown
    assert isinstance(train, datasets.Samples)
    assert {row.tobytes() for row in train.X} <= {row.tobytes() for row in X}
    assert datasets.unknown_levels(frame, plan) == {"city": ["C"]}
    again, early = reopen(tmp_path / "run"), waiting.branch(waiting.last)
    early.go()
    assert sha(early.theta) == known[34]
    for step, hashed in known.items():
        again.back(step)
        assert sha(again.theta) == hashed, step
    made.run.lock = again.run.lock = None
    branch = again.branch(20)
    branch.place(tmp_path / "branch")
    branch.go(22)
    branch.save()
    branch.run.lock = None
    assert sha(reopen(tmp_path / "branch").theta) == sha(branch.theta)
    own = own_data(load_model(tmp_path / "run" / "model.safetensors"))
    assert np.array_equal(own.train.X, train.X)  # type: ignore[union-attr]


REFUSED = {
    "gone.csv": ("age,bought\n40,yes\n60,no\n", "has no column 'city'"),
    "target.csv": ("age,city,sold\n40,A,yes\n60,B,no\n", "has no column 'bought'"),
    "classes.csv": ("age,city,bought\n40,A,yes\n60,B,maybe\n61,B,maybe\n", "other inputs or other classes"),
    "texts.csv": ("age,city,bought\n40,A,yes\nold,B,no\n", "this column holds numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_with_other_columns_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    content, said = REFUSED[name]
    (tmp_path / name).write_text(content)
    made = of_table(table(tmp_path / "first.csv", 200, 80, "AB"), target="bought", dev=0)
    with pytest.raises(InputError, match=said):
        made.change("knob", {"name": "data", "value": str(tmp_path / name)})
    assert made.journal == []


def test_a_table_is_not_taken_for_arrays_nor_the_other_way_round(small: Path, tmp_path: Path) -> None:
    first = table(tmp_path / "first.csv", 200, 80, "AB", target="label")
    with pytest.raises(InputError, match="one is a table, one is not"):
        of_table(first).change("knob", {"name": "data", "value": str(small)})
    with pytest.raises(InputError, match="one is a table, one is not"):
        course(small).change("knob", {"name": "data", "value": str(first)})


def test_the_same_column_is_predicted_of_another_table(tmp_path: Path) -> None:
    made = of_table(table(tmp_path / "first.csv", 200, 80, "AB", target="class"))
    with pytest.raises(InputError, match="has another target than class"):
        made.change("knob", {"name": "data", "value": str(table(tmp_path / "b.csv", 90, 80, "AB", target="label"))})


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("edit", {"layer": 1, "neuron": 2, "input": 400, "value": 1.5}),
    ("edit", {"layer": 3, "neuron": 9, "value": -1.0}),
    ("freeze", {"layer": 2, "neuron": 1, "input": 3}),
    ("off", {"layer": 2, "neuron": 1, "input": 3}),
    ("off", {"layer": 2, "neuron": 1, "bias": True}),
    ("off", {"layer": 1, "neuron": 5}),
    ("off", {"layer": 3, "neuron": 5}),
    ("off", {"layer": 0, "input": 350}),
    ("off", {"layer": 2, "biases": True}),
    ("teach", {"x": np.arange(784) % 256 / 255, "y": np.array([3]), "rate": 0.1}),
]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize(("kind", "asked"), CHANGES)
def test_undo_brings_back_the_bits_and_redo_those_of_the_change(
    kind: str, asked: dict[str, Any], optimizer: str, small: Path
) -> None:
    made = course(small, optimizer=optimizer)
    made.go(5)
    before = sha(made.theta)
    made.change(kind, dict(asked))
    after = sha(made.theta)
    assert (before != after) == (kind != "freeze")
    for _ in range(2):
        made.change("undo", {})
        assert sha(made.theta) == before
        made.change("redo", {})
        assert sha(made.theta) == after
    made.change("undo", {})
    made.go()
    assert sha(made.theta) == logged(small, optimizer=optimizer)[made.last]


def test_teach_is_a_step_of_the_optimiser(small: Path) -> None:
    from pellucid import Trace, backward, forward

    made, x = course(small, optimizer="momentum"), np.arange(784) % 256 / 255
    made.go(5)
    net, optimizer = made.run.state.network.copy(), made.run.state.optimizer
    memory = {name: vector.copy() for name, vector in optimizer.state.items()}
    made.change("teach", {"x": x, "y": np.array([3]), "rate": 0.1})
    trace = Trace(net, 1)
    trace.fill(x[np.newaxis], [3])
    forward(net, trace)
    backward(net, trace)
    optimizer.state, optimizer.learning_rate = memory, 0.1
    optimizer.step(net.theta, trace.grad)
    assert sha(net.theta) == sha(made.theta)


def test_what_is_frozen_or_off_stays_so_in_training(small: Path, tmp_path: Path) -> None:
    made = course(small, optimizer="adam", weight_decay=0.1)
    made.place(tmp_path / "run")
    made.change("off", {"layer": 1, "neuron": 5})
    made.change("freeze", {"layer": 3, "neuron": 2})
    made.change("off", {"layer": 0, "input": 350})
    first, second, third = made.run.state.network.layers
    kept = third.W[2].copy(), third.b[2]
    made.go()
    assert (second.W[:, 5] == 0).all()
    assert (first.W[:, 350] == 0).all()
    assert (third.W[2] == kept[0]).all()
    assert third.b[2] == kept[1]
    made.run.lock = None
    with pytest.raises(InputError, match="frozen, which only the studio does"):
        resume(tmp_path / "run")


def test_what_was_off_gets_its_bits_back_unless_another_part_is_off_too(small: Path) -> None:
    made = course(small)
    made.go(3)
    W = made.run.state.network.layers[1].W
    before = W.copy()
    made.change("off", {"layer": 1, "neuron": 5})
    made.change("off", {"layer": 2, "neuron": 0, "input": 5})
    made.change("free", {"layer": 1, "neuron": 5})
    assert W[0, 5] == 0
    assert (W[1:, 5] == before[1:, 5]).all()
    made.change("undo", {})
    assert (W[:, 5] == 0).all()


def test_a_change_in_the_past_is_refused(small: Path) -> None:
    made = course(small)
    made.go(9)
    made.back(4)
    with pytest.raises(InputError, match="make a branch"):
        made.change("knob", {"name": "learning_rate", "value": 0.1})
    made.back(9)
    made.change("knob", {"name": "learning_rate", "value": 0.1})


@pytest.mark.parametrize(
    ("kind", "asked", "said"),
    [
        ("knob", {"name": "seed", "value": 1}, "there is none; take one of learning_rate"),
        ("knob", {"name": "learning_rate", "value": -1}, "learning_rate=-1"),
        ("knob", {"name": "learning_rate", "value": None}, "give a number"),
        ("knob", {"name": "dropout", "value": "much"}, "dropout='much'"),
        ("edit", {"layer": 1, "neuron": 99, "input": 0, "value": 1}, "from 0 to 31"),
        ("edit", {"layer": 0, "neuron": 9, "input": 0, "value": 1}, "give a weight or a bias"),
        ("edit", {"layer": 1, "neuron": 9, "input": 0, "value": 1e300}, "larger than float32 holds"),
        ("off", {"layer": 9}, "from 0 to 3"),
        ("free", {"layer": 1, "neuron": 1}, "neither frozen nor off"),
        ("undo", {}, "nothing was changed"),
        ("redo", {}, "nothing was undone"),
        ("mark", {"name": 3}, "give a text"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_leaves_no_entry(
    kind: str, asked: dict[str, Any], said: str, small: Path
) -> None:
    made = course(small)
    before = sha(made.theta)
    with pytest.raises(InputError, match=said):
        made.change(kind, asked)
    assert (made.journal, sha(made.theta)) == ([], before)


def test_a_loss_that_is_no_number_stops_it_at_the_last_good_step(small: Path) -> None:
    made = course(small, clip_norm=0)
    made.go(5)
    made.change("knob", {"name": "learning_rate", "value": 1e30})
    with pytest.raises(DivergenceError):
        made.go()
    assert made.fault is not None
    assert made.step == made.fault["good"] == made.last >= 5
    assert np.isfinite(made.theta).all()
    assert max(made.keeper.kept) <= made.last
    assert made.run.state.snapshots.steps[-1] <= made.last
    made.change("knob", {"name": "learning_rate", "value": 0.1})
    made.back(5)
    assert sha(made.theta) == logged(small, clip_norm=0)[5]


def test_memory_stays_within_its_budget_and_steps_are_known_all_the_same(small: Path, tmp_path: Path) -> None:
    log, made = logged(small), course(small)
    made.keeper.memory = 5 * made.theta.nbytes
    made.place(tmp_path / "run")
    for step in range(1, made.total):
        made.go(step)
        made.keeper.keep(made.state())
        assert sum(kept.size for kept in made.keeper.kept.values()) <= made.keeper.memory
    for step in (1, 13, 20):
        made.back(step)
        assert sha(made.theta) == log[step]


def test_checkpoints_are_dense_near_now_and_a_marked_one_stays() -> None:
    steps = list(range(0, 1000, 10))
    while len(steps) > 12:
        steps.remove(thinnest(steps, 990, {330}))
    assert {0, 330, 990} <= set(steps)
    early, late = (len([step for step in steps if low <= step < low + 500]) for low in (0, 500))
    assert late > early


def test_more_epochs_make_a_finished_course_longer(small: Path, tmp_path: Path) -> None:
    made = course(small)
    made.place(tmp_path / "run")
    made.go()
    assert read_run(tmp_path / "run").result is not None
    made.change("knob", {"name": "epochs", "value": 4})
    assert not made.is_finished
    made.go()
    assert (made.step, read_run(tmp_path / "run").result["epochs"]) == (36, 4)  # type: ignore[index]


def test_the_curve_has_a_point_for_every_few_steps_and_the_mean_loss(small: Path) -> None:
    made = course(small, batch_size=4)
    made.go(200)
    steps = [step for step, _, _ in made.points]
    assert steps == sorted(set(steps))
    assert len(steps) >= 12
    assert all(0 < loss < 10 and 0 <= accuracy <= 1 for _, loss, accuracy in made.points)  # type: ignore[operator]


def test_threads_and_engine_are_kept_with_the_run(small: Path) -> None:
    settings = prepared(small).settings
    assert (settings.engine, settings.threads) == ("numpy", 1)
    assert begin(prepared(small)).run.settings == settings
