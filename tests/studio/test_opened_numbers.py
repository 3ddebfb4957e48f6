"""An opened number is that of ``explain``, and its terms, the rest and the bias are it: for networks of every kind."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.served import Client, studio
from support import Command

pytestmark = pytest.mark.slow
PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
NEURONS, SAMPLE = 50, 3
NETWORKS: dict[str, dict[str, Any]] = {
    "tanh": {"hidden": [24, 12], "activation": ["tanh"]},
    "gelu": {"hidden": [24, 12], "activation": ["gelu"]},
    "tanh, then gelu, in float64": {"hidden": [20, 10], "activation": ["tanh", "gelu"], "dtype": "float64"},
    "nothing but softmax": {"hidden": []},
    "the columns of a table": {"target": "species", "hidden": [16, 8]},
}


@pytest.fixture(params=NETWORKS)
def trained(request: Any, small: Path, tmp_path: Path) -> Iterator[Client]:
    """A studio with a network that has learned for some steps."""
    settings = NETWORKS[request.param]
    with studio(small, tmp_path / "runs") as client:
        begin(client, test=0.2, **settings)
        client.do("step", count=30)
        yield client


def begin(client: Client, **settings: Any) -> None:
    """A new network, on penguins where a column of theirs is to be predicted."""
    if "target" in settings:
        headers = {"content-type": "application/octet-stream"}
        answer = client.http.post("/data?name=penguins.csv", content=PENGUINS.read_bytes(), headers=headers)
        settings |= {"data": answer.json()["id"]}
    client.do("new", **settings)
    client.wait("paused")


def test_fifty_opened_numbers_are_those_of_explain(trained: Client, pellucid: Command) -> None:
    told = json.loads(pellucid("explain", trained.do("save")["file"], "--sample", SAMPLE, "--json").out)
    z = {step["layer"]: step["value"] for step in told["steps"] if step["quantity"] == "z"}
    a = {step["layer"]: step["value"] for step in told["steps"] if step["quantity"] == "a"}
    sizes = trained.get("/state")["model"]["sizes"]
    assert [len(z[l]) for l in range(1, len(sizes))] == sizes[1:]
    rng, seen = np.random.default_rng(0), set()
    for _ in range(NEURONS):
        l = int(rng.integers(1, len(sizes)))
        j = int(rng.integers(sizes[l]))
        body = {"input": f"test:{SAMPLE}", "layer": l, "neuron": j}
        found = trained.asked("/open", {**body, "quantity": "z", "top": int(rng.integers(1, 20))})
        seen.add(found["rest"]["count"] > 0)
        total = sum(term["product"] for term in found["terms"]) + found["rest"]["value"] + found["bias"]
        assert total == pytest.approx(found["value"], rel=1e-6, abs=1e-6)
        assert found["value"] == pytest.approx(z[l][j], rel=1e-12, abs=1e-12)
        assert all(term["product"] == pytest.approx(term["w"] * term["x"], rel=1e-12) for term in found["terms"])
        answer = trained.asked("/open", {**body, "quantity": "a"})
        assert answer["value"] == pytest.approx(a[l][j], rel=1e-12, abs=1e-12)
    assert True in seen  # of some sums not all terms are shown


def test_the_terms_of_a_table_are_named_by_its_columns(small: Path, tmp_path: Path) -> None:
    with studio(small, tmp_path / "runs") as client:
        begin(client, target="species", hidden=[8])
        columns = [one["name"] for one in client.get("/state")["data"]["columns"] if one["inputs"]]
        found = client.asked("/open", {"input": "dev:0", "quantity": "z", "layer": 1, "neuron": 0, "top": 100})
        assert columns
        assert found["terms"]
        assert all(term["name"].startswith(tuple(columns)) for term in found["terms"])
