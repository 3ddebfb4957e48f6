import numpy as np
import pytest

from pellucid.core.errors import InputError
from pellucid.datasets import RawArrays, encode_labels

DIGITS = tuple("0123456789")


def table(y: object, form: str = "csv", first: int = 2) -> RawArrays:
    labels = None if y is None else np.array(y)
    n = 0 if labels is None else len(labels)
    return RawArrays("digits.csv", np.zeros((n, 1)), labels, ("pixel0",), None, form=form, first=first)


def test_labels_become_the_models_indices_whatever_stands_in_this_file() -> None:
    assert encode_labels(table([9, 3, 3]), DIGITS).tolist() == [9, 3, 3]
    assert encode_labels(table([9, 3, 3]), ("3", "9")).tolist() == [1, 0, 0]
    assert encode_labels(table([9.0, 3.0]), ("3", "9")).tolist() == [1, 0]
    assert encode_labels(table(["dog", "cat"]), ("cat", "dog")).tolist() == [1, 0]
    assert encode_labels(table([7]), DIGITS).dtype == np.int64


@pytest.mark.parametrize(
    ("y", "classes", "needle"),
    [
        ([1] * 50 + [10, 11], DIGITS, "digits.csv, row 52: label 10, but the model knows the classes 0 to 9; "),
        (["cat", "cow"], ("cat", "dog"), "row 3: label cow, but the model knows the classes cat, dog; "),
        ([1, 5], tuple(map(str, range(0, 40, 2))), "row 2: label 1, .*8, 10, 12, 14, 16, 18 and 10 more; "),
        ([1.5], DIGITS, "row 2: target 1.5 is no whole number"),
        (None, DIGITS, "digits.csv: has no labels; "),
        ([[1, 0]], DIGITS, "the target has 2 columns"),
    ],
)
def test_an_unknown_label_is_named_with_its_place(y: object, classes: tuple[str, ...], needle: str) -> None:
    with pytest.raises(InputError, match=needle):
        encode_labels(table(y), classes)
