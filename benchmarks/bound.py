"""The bound: the matrix products of a training step, alone, as ``pellucid benchmark`` has them."""

from pellucid.bound import products

__all__ = ["products"]
