"""Counts: the Poisson loss on tables and on arrays; its outputs stay above 0, in the target's own units."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor
from sklearn.neural_network import MLPRegressor

import pellucid as pl
from pellucid import tables
from pellucid.interop.importing.importer import from_sklearn
from pellucid.model.columns import Target


def visits(rows: int = 600) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, rows)
    return {"x": x, "colour": rng.choice(["red", "blue"], rows), "visits": rng.poisson(np.exp(3 + 1.5 * x))}


@pytest.fixture(scope="module")
def model() -> pl.Model:
    return tables.fit(visits(), "visits", task="regression", loss="poisson")


def test_counts_are_scaled_by_their_mean_alone(model: pl.Model) -> None:
    assert model.preprocessing is not None
    assert model.preprocessing.targets == (Target("visits", 0.0, float(visits()["visits"].mean())),)


def test_few_different_counts_are_no_classes_for_this_loss() -> None:
    table = {"x": np.arange(60.0), "visits": np.arange(60) % 4}
    assert tables.fit(table, "visits", epochs=1).classes == ("0", "1", "2", "3")
    assert tables.fit(table, "visits", epochs=1, loss="poisson").classes is None


def test_the_mean_of_counts_is_found(model: pl.Model) -> None:
    x = np.array([-0.9, -0.3, 0.3, 0.9])
    found = tables.predict(model, {"x": x, "colour": ["red"] * 4})
    assert found == pytest.approx(np.exp(3 + 1.5 * x), rel=0.2)


def test_far_out_they_are_still_above_0(model: pl.Model) -> None:
    assert tables.predict(model, {"x": [-5.0, -1.0, 1.0], "colour": ["red"] * 3}).min() > 0


def test_the_network_in_units_says_what_predict_says(model: pl.Model, tmp_path: Path) -> None:
    pl.save_model(model, tmp_path / "m.safetensors")
    again = pl.load_model(tmp_path / "m.safetensors")
    assert again.network.loss == pl.Poisson()
    X = np.random.default_rng(0).normal(size=(20, 3))
    assert again.preprocessing is not None
    assert again.in_units().predict(X) == pytest.approx(
        again.preprocessing.in_units(again.network.predict(X)), rel=1e-4
    )


def test_values_below_0_are_no_counts() -> None:
    table = visits()
    table["visits"] = table["visits"] - 30
    with pytest.raises(pl.InputError, match=r"column 'visits' holds -\d+, but the loss poisson is for counts"):
        tables.fit(table, "visits", task="regression", loss="poisson")
    net = pl.Network([1, 1], loss=pl.Poisson())
    with pytest.raises(pl.InputError, match="target -1 in row 2, but poisson takes counts"):
        next(
            iter(
                pl.train(
                    net,
                    (np.zeros((3, 1)), np.array([0.0, 2.5, -1.0])),
                    pl.SGD(0.1),
                    epochs=1,
                    rng=np.random.default_rng(0),
                )
            )
        )


def test_without_a_hidden_layer_it_is_the_generalised_linear_model() -> None:
    X = np.linspace(0, 1, 200)[:, np.newaxis]
    y = np.random.default_rng(1).poisson(np.exp(X[:, 0] + 1))
    glm = PoissonRegressor(alpha=0, tol=1e-9).fit(X, y)
    ours = pl.PellucidRegressor("poisson", (), solver="lbfgs", alpha=0, tol=1e-9, random_state=0).fit(X, y)
    assert ours.predict(X) == pytest.approx(glm.predict(X), rel=1e-4)
    assert ours.out_activation_ == "exp"


def test_a_perceptron_of_scikit_learn_for_counts_comes_in() -> None:
    X = np.random.default_rng(0).normal(size=(80, 3))
    y = np.random.default_rng(1).poisson(np.exp(X[:, 0]))
    theirs = MLPRegressor("poisson", (6,), max_iter=30, random_state=0)
    with pytest.warns(match="optimization"):
        theirs.fit(X, y)
    assert from_sklearn(theirs).network.predict(X)[:, 0] == pytest.approx(theirs.predict(X), rel=1e-9)
