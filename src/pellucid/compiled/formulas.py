"""The activations and losses, number by number: what a layer does to a score, and what an output costs.

Each is a line or two. ``z`` is a score, ``a`` its activation, ``y`` a target, ``s`` the setting of the class (a slope,
a width). core/activations.py and core/losses.py have the same over whole arrays, and name the sources; tests compare
the two. The exponential is computed in float64 for both precisions, and without a call, so that the compiler takes four
numbers at a time; that is why sigmoid and tanh are written with it.
"""

import math

import numpy as np

from pellucid.compiled.jit import kernel

TINY = 1.2e-38  # the smallest normal float32: numbers below it have fewer digits
LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
ROUNDS = 1.5 * 2.0**52  # added to a number below 2⁵¹, it leaves a whole number in the last bits
C = [1 / math.factorial(k) for k in range(14)]
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = C[2:]
SCALE, CUBIC = math.sqrt(2 / math.pi), 0.044715  # of GELU


@kernel
def power(x: float) -> tuple[float, float]:
    """e^x in two parts: s = 2ⁿ and p = e^r − 1, where x = n log 2 + r, |r| ≤ log 2 / 2; e^x = s + s p.

    p is its Taylor series, right to the last digit. 2ⁿ is written into the exponent of a float64.
    """
    x = -708.0 if x < -708.0 else x
    x = 709.0 if x > 709.0 else x
    rounded = np.float64(x * LOG2_E + ROUNDS)
    n = rounded - ROUNDS
    r = x - n * LN2_HIGH - n * LN2_LOW
    p = C9 + r * (C10 + r * (C11 + r * (C12 + r * C13)))
    p = r + r * r * (C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * (C8 + r * p)))))))
    s = np.int64((rounded.view(np.int64) + 1023) << 52).view(np.float64)
    return s, p


@kernel
def exp(x: float) -> float:
    """e^x, inf above 709."""
    s, p = power(np.float64(x))
    return np.inf if x > 709.0 else s + s * p


@kernel
def sigmoid(z: float) -> float:
    """1 / (1 + e⁻ᶻ)."""
    s, p = power(-np.float64(z))
    return 1.0 / (1.0 + (s + s * p))


@kernel
def tanh(z: float) -> float:
    """M / (m + 2) for m = e²ᶻ − 1, which has all its digits also where z is small."""
    z = 20.0 if z > 20.0 else np.float64(z)
    s, p = power(2.0 * z)
    m = s * p + (s - 1.0)
    return m / (m + 2.0)


@kernel
def relu(z: float) -> float:
    """The greater of z and 0; NaN of NaN."""
    return 0.0 if z < 0.0 else z


@kernel
def leaky_relu(z: float, s: float) -> float:
    """Z above 0, s z below."""
    return z if z > 0.0 else s * z


@kernel
def gate(z: float) -> float:
    """The share of z that GELU lets through: σ(2s) for s = √(2/π) (z + 0.044715 z³)."""
    return sigmoid(2.0 * SCALE * z * (1.0 + CUBIC * z * z))


@kernel
def gelu_slope(z: float) -> float:
    """F' = u + z u', u' = 2 u (1 − u) s'."""
    u = gate(z)
    return u + z * 2.0 * u * (1.0 - u) * SCALE * (1.0 + 3.0 * CUBIC * z * z)


@kernel
def silu_slope(z: float, a: float) -> float:
    """F' = σ (1 + z − a)."""
    return sigmoid(z) * (1.0 + z - a)


@kernel
def tanh_of_softplus(z: float) -> float:
    """tanh(log(1 + e^z)) = w / (w + 2) for w = e^z (e^z + 2); its square is taken of e^z below e²⁰."""
    e = exp(20.0 if z > 20.0 else np.float64(z))
    w = e * (e + 2.0)
    return w / (w + 2.0)


@kernel
def mish_slope(z: float) -> float:
    """F' = t + z σ(z) (1 − t²)."""
    t = tanh_of_softplus(z)
    return t + z * sigmoid(z) * (1.0 - t * t)


@kernel
def binary_loss(z: float, y: float) -> float:
    """log(1 + e⁻|z|) + max(z, 0) − z y: −log of the probability, for any z."""
    return np.log1p(np.exp(-abs(z))) + max(z, 0.0) - z * y


@kernel
def huber_loss(r: float, s: float) -> float:
    """C (|r| − c/2), c = min(|r|, s)."""
    c = min(abs(r), s)
    return c * (abs(r) - c / 2.0)


@kernel
def poisson_loss(z: float, a: float, y: float) -> float:
    """A − y + y (log y − z)."""
    return a - y + y * (np.log(max(y, TINY)) - z)


@kernel
def sign(r: float) -> float:
    """−1, 0 or 1; NaN of NaN."""
    return 1.0 if r > 0.0 else (-1.0 if r < 0.0 else r)
