"""A finding: one thing that is wrong with a network or its training, the numbers that show it, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    ``layer`` counts from 1 and is None where no one layer is meant; ``quantity`` is what is wrong (``dW``, ``db``,
    ``loss``, ``a``, ``learning_rate``, …); ``fault`` says how, in a sentence; ``evidence`` gives the numbers;
    ``remedy`` is what to change, as a setting, ``patience=5``, or a line of code to paste.

    >>> found = Finding(2, "db", "db2 is one number for all neurons", "its shape is ()", "db2 = dZ2.sum(axis=0)")
    >>> found.layer, found.remedy
    (2, 'db2 = dZ2.sum(axis=0)')
    """

    layer: int | None
    quantity: str
    fault: str
    evidence: str
    remedy: str
