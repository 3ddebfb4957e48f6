"""scikit-learn's own checks of estimators, and its own tests of its perceptrons, on these estimators."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sklearn.neural_network.tests.test_mlp as theirs
from sklearn.utils.estimator_checks import check_estimator

from pellucid.interop.sklearn.estimators import PellucidClassifier, PellucidRegressor

PAGE = Path(__file__).parents[2] / "docs" / "estimators.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator",
    [
        PellucidClassifier(max_iter=100),
        PellucidRegressor(max_iter=100),
        PellucidClassifier(hidden_layer_sizes=(20,), solver="lbfgs", alpha=0.1, max_iter=30),
        PellucidRegressor(hidden_layer_sizes=(20,), solver="lbfgs", alpha=0.1, max_iter=20),
        PellucidClassifier((30, 10), ("tanh", "gelu"), solver="sgd", learning_rate_init=0.1, clip_norm=1.0),
        PellucidRegressor("huber", (30,), "leaky_relu", solver="adamw", learning_rate_init=0.01),
    ],
    ids=["classifier", "regressor", "classifier-lbfgs", "regressor-lbfgs", "classifier-sgd", "regressor-huber"],
)
def test_all_checks_of_scikit_learn_pass(estimator: Any) -> None:
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    assert len(results) > 50
    assert {result["status"] for result in results} <= {"passed", "skipped"}, [
        (result["check_name"], result["exception"]) for result in results if result["status"] == "failed"
    ]
    left = {str(result["exception"]) for result in results if result["status"] == "skipped"}
    assert all("decision_function" in reason or "array_api" in reason.lower() for reason in left), left


def excused() -> dict[str, str]:
    """The tests of scikit-learn that do not pass, each with its reason, from the table of the documentation."""
    return dict(re.findall(r"^\| `(test_\w+)` \| (.+?) \|$", PAGE.read_text(encoding="utf8"), re.MULTILINE))


@pytest.mark.slow
def test_its_own_tests_pass_but_for_those_that_are_told(tmp_path: Path) -> None:
    text = Path(theirs.__file__).read_text(encoding="utf8")
    name = "from sklearn.neural_network import MLPClassifier, MLPRegressor"
    assert name in text
    ours = "from pellucid import PellucidClassifier as MLPClassifier, PellucidRegressor as MLPRegressor"
    (tmp_path / "test_ours.py").write_text(text.replace(name, ours))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-W", "ignore", "-p", "sklearn.conftest",
         "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path / "test_ours.py")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    passed = set(re.findall(r"^PASSED test_ours\.py::(\w+)", done.stdout, re.MULTILINE))
    failed = set(re.findall(r"^FAILED test_ours\.py::(\w+)", done.stdout, re.MULTILINE))
    assert len(passed) >= 39, done.stdout[-3000:]
    assert failed == set(excused())
    assert "skipped" not in done.stdout.splitlines()[-1]
