"""Two-output regression of a robot arm's forward kinematics. ELU units, Nesterov momentum."""
from typing import Callable, List, NamedTuple, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Params = List[Tuple[Array, Array]]


class Activation(NamedTuple):
    fn: Callable[[Array], Array]
    grad: Callable[[Array], Array]


def elu(alpha: float = 1.0) -> Activation:
    def fn(z: Array) -> Array:
        return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))

    def grad(z: Array) -> Array:
        return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))

    return Activation(fn, grad)


IDENTITY = Activation(lambda z: z, np.ones_like)


def init(sizes: Sequence[int], rng: np.random.Generator) -> Params:
    return [(rng.normal(scale=np.sqrt(1.0 / i), size=(o, i)), np.zeros(o))
            for i, o in zip(sizes, sizes[1:])]


def forward(params: Params, acts: Sequence[Activation], x: Array) -> Tuple[List[Array], List[Array]]:
    zs: List[Array] = []
    hs: List[Array] = [x]
    for (W, b), act in zip(params, acts):
        z = np.einsum("oi,ni->no", W, hs[-1]) + b
        zs.append(z)
        hs.append(act.fn(z))
    return zs, hs


def loss_fn(pred: Array, y: Array) -> float:
    """half the squared distance, averaged over the samples"""
    return 0.5 * float(np.mean(np.einsum("nk,nk->n", pred - y, pred - y)))


def backward(params: Params, acts: Sequence[Activation], zs: List[Array], hs: List[Array], y: Array) -> Params:
    n = y.shape[0]
    grads: Params = []
    g = (hs[-1] - y) / n
    for k in range(len(params) - 1, -1, -1):
        W, _ = params[k]
        dz = g * acts[k].grad(zs[k])
        grads.append((np.einsum("no,ni->oi", dz, hs[k]), np.einsum("no->o", dz)))
        g = np.einsum("no,oi->ni", dz, W)
    return grads[::-1]


def add_scaled(a: Params, b: Params, s: float) -> Params:
    return [(aw + s * bw, ab + s * bb) for (aw, ab), (bw, bb) in zip(a, b)]


def scale(a: Params, s: float) -> Params:
    return [(s * w, s * b) for w, b in a]


def kinematics(q: Array) -> Array:
    l1, l2 = 1.0, 0.7
    return np.stack([l1 * np.cos(q[:, 0]) + l2 * np.cos(q[:, 0] + q[:, 1]),
                     l1 * np.sin(q[:, 0]) + l2 * np.sin(q[:, 0] + q[:, 1])], axis=1)


def train(n_steps: int = 3000, lr: float = 0.03, mu: float = 0.9, batch: int = 64, seed: int = 3) -> Params:
    rng = np.random.default_rng(seed)
    q = rng.uniform(-np.pi / 2, np.pi / 2, size=(2000, 2))
    xy = kinematics(q)
    q_test = rng.uniform(-np.pi / 2, np.pi / 2, size=(300, 2))
    xy_test = kinematics(q_test)

    acts = [elu(), elu(), IDENTITY]
    params = init([2, 40, 40, 2], rng)
    velocity = scale(params, 0.0)

    for step in range(n_steps):
        idx = rng.choice(len(q), batch, replace=False)
        # gradient at the point we are about to jump to
        ahead = add_scaled(params, velocity, mu)
        zs, hs = forward(ahead, acts, q[idx])
        grads = backward(ahead, acts, zs, hs, xy[idx])
        velocity = add_scaled(scale(velocity, mu), grads, -lr)
        params = add_scaled(params, velocity, 1.0)

        if step % 300 == 0:
            _, hs_test = forward(params, acts, q_test)
            print(f"{step:5d} train {loss_fn(hs[-1], xy[idx]):.6f} test {loss_fn(hs_test[-1], xy_test):.6f}")
    return params


if __name__ == "__main__":
    train()
