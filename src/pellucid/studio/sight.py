"""A network at one moment: θ as it was published, and what is computed from it once."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pellucid.core.arrays import Array
from pellucid.core.network import Network
from pellucid.model.model import Model
from pellucid.studio.published import Seen


def hash_of(theta: Array) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of θ's bytes.

    >>> hash_of(np.zeros(2, np.float32))
    'af5570f5a1810b7a'
    """
    return hashlib.sha256(np.ascontiguousarray(theta).data).hexdigest()[:16]


@dataclass(frozen=True)
class Sight:
    """A model with the θ of a moment, and where the training stood."""

    model: Model
    seen: Seen

    @classmethod
    def of(cls, model: Model, seen: Seen) -> "Sight":
        """The model with this θ in a network of its own."""
        net = model.network.copy()
        net.theta = seen.theta
        return cls(replace(model, network=net), seen)

    @property
    def branch(self) -> str:
        """The branch that θ is of."""
        return self.seen.branch

    @property
    def network(self) -> Network:
        """The network, in the precision in which it is trained."""
        return self.model.network

    @cached_property
    def exact(self) -> Network:
        """The same network in float64, in which numbers are explained."""
        return self.network.astype(np.float64)

    @cached_property
    def hash(self) -> str:
        """The hash of θ."""
        return hash_of(self.seen.theta)
