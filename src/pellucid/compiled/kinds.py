"""The activations, losses and optimisers that the compiled engine knows, by their names, and a number for each."""

from typing import Any

ACTIVATIONS = ("identity", "relu", "leaky-relu", "sigmoid", "tanh", "gelu", "exp", "softmax", "silu", "mish")
IDENTITY, RELU, LEAKY_RELU, SIGMOID, TANH, GELU, EXP, SOFTMAX, SILU, MISH = range(len(ACTIVATIONS))

LOSSES = (
    "cross-entropy", "smoothed-cross-entropy", "softmax-squared-error", "binary-cross-entropy", "squared-error",
    "absolute-error", "huber", "poisson",
)  # fmt: skip
CROSS_ENTROPY, SMOOTHED, SOFTMAX_SQUARED, BINARY, SQUARED, ABSOLUTE, HUBER, POISSON = range(len(LOSSES))

SGD, MOMENTUM, NESTEROV, RMSPROP, ADAM = range(5)
OPTIMIZERS = {
    "sgd": SGD, "momentum": MOMENTUM, "nesterov": NESTEROV, "rmsprop": RMSPROP,
    "adam": ADAM, "adamw": ADAM, "radam": ADAM,
}  # fmt: skip
DECAYS_BESIDE = ("sgd", "adamw")  # whose weight decay stands beside the gradient

TARGETS = ("classes", "probabilities", "values")
CLASSES, PROBABILITIES, VALUES = range(3)


def penalty(optimizer: Any) -> Any:
    """An optimiser if it is one with a penalty around it, as scikit-learn's users know it; else None."""
    own = type(optimizer).__module__.startswith("pellucid.")
    return optimizer if own and optimizer.name == "penalised" else None


def bare(optimizer: Any) -> Any:
    """The optimiser itself, without a penalty around it."""
    return optimizer.optimizer if penalty(optimizer) else optimizer
