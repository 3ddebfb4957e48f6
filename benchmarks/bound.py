"""The bound: the matrix products of a training step, alone, as ``pellucid benchmark`` has them."""

from pellucid.analysis.matmul_bound import products

__all__ = ["products"]
