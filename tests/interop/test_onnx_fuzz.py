"""Whatever the graph: it comes in with the numbers that ONNX Runtime computes, or is refused in one sentence."""

import random
from pathlib import Path

import pytest

from fuzz.onnx_judge import difference
from fuzz.onnx_mutants import imported, mutant, random_graph, seeds
from pellucid import InputError, load_model, save_model


def comes_in_right_or_not_at_all(content: bytes, folder: Path) -> bool:
    try:
        model = imported(content, folder)
    except InputError:
        return False
    save_model(model, folder / "m.safetensors", force=True)
    load_model(folder / "m.safetensors")
    assert (difference(content, model) or 0.0) < 1e-4
    return True


@pytest.mark.parametrize(("first", "last"), [(0, 60), pytest.param(60, 3000, marks=pytest.mark.slow)])
def test_a_random_graph_comes_in_with_its_numbers_or_not_at_all(first: int, last: int, tmp_path: Path) -> None:
    taken = [comes_in_right_or_not_at_all(random_graph(seed), tmp_path) for seed in range(first, last)]
    assert sum(taken) > len(taken) / 5


@pytest.mark.parametrize(("first", "last"), [(0, 120), pytest.param(120, 6000, marks=pytest.mark.slow)])
def test_a_mutant_comes_in_with_its_numbers_or_not_at_all(first: int, last: int, tmp_path: Path) -> None:
    files = list(seeds().values())
    for seed in range(first, last):
        comes_in_right_or_not_at_all(mutant(random.Random(seed), files[seed % len(files)]), tmp_path)
