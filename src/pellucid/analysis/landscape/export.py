"""A surface as numbers for other programs: JSON, a table, named arrays."""

import csv
import io
from typing import Any

import numpy as np

from pellucid._files.values import plain
from pellucid.analysis.landscape.surface import Surface
from pellucid.core.arrays import AnyArray


def as_json(surface: Surface) -> dict[str, Any]:
    """A surface in the types of JSON; a loss that is no number is None.

    >>> flat = Surface("random", np.zeros(1), np.zeros(1), np.array([[np.inf]]), 0.5, 10, "cross-entropy")
    >>> as_json(flat)["losses"], as_json(flat)["centre"]["loss"]
    ([[None]], 0.5)
    """
    names, trajectory = ("loss", "alpha", "beta"), surface.trajectory
    value: dict[str, Any] = plain({
        "directions": surface.kind, "shares": surface.shares, "samples": surface.samples, "loss": surface.loss,
        "centre": {"loss": surface.centre, "alpha": 0.0, "beta": 0.0},
        "lowest": dict(zip(names, surface.lowest, strict=True)),
        "highest": dict(zip(names, surface.highest, strict=True)),
        "path": None if trajectory is None else vars(trajectory),
        "alphas": surface.alphas, "betas": surface.betas, "losses": surface.losses,
    })  # fmt: skip
    return value


def table(surface: Surface) -> str:
    """A surface as a table with the columns alpha, beta, loss: a row a point, an empty cell for what is no number.

    >>> flat = Surface("random", np.zeros(1), np.array([0.0, 1.0]), np.array([[0.5], [np.nan]]), 0.5, 10, "huber")
    >>> table(flat).splitlines()
    ['alpha,beta,loss', '0.0,0.0,0.5', '0.0,1.0,']
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("alpha", "beta", "loss"))
    for i, beta in enumerate(surface.betas.tolist()):
        for j, alpha in enumerate(surface.alphas.tolist()):
            loss = float(surface.losses[i, j])
            rows.writerow((repr(alpha), repr(beta), repr(loss) if np.isfinite(loss) else ""))
    return text.getvalue()


def tensors(surface: Surface) -> dict[str, AnyArray]:
    """A surface as named arrays, for an ``.npz``: alphas, betas, losses, and what there is of the path."""
    names = ("alphas", "betas", "losses", "centre")
    arrays: dict[str, AnyArray] = {name: np.array(getattr(surface, name)) for name in names}
    if surface.shares is not None:
        arrays["shares"] = np.array(surface.shares)
    if surface.trajectory is not None:
        arrays |= {f"path_{name}": np.array(value) for name, value in vars(surface.trajectory).items()}
    return arrays
