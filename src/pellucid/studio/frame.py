"""A network's tensors as the bytes of one answer: a head in JSON that says what follows, then the blocks."""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid._files.values import plain
from pellucid.analysis.layer_health import root_mean_square, slopes
from pellucid.core import metrics
from pellucid.core.arrays import AnyArray
from pellucid.core.batches import Pair
from pellucid.core.errors import InputError
from pellucid.core.network import Network, backward, forward
from pellucid.core.trace import Trace
from pellucid.studio.handles import Given, passed
from pellucid.studio.sight import Sight

MAGIC = b"PLF1"
TILES = re.compile(r"(\d{1,4}):(\d{1,7})-(\d{1,7})")
MOST_TILES = 1024
Blocks = dict[str, AnyArray]


def packed(head: Mapping[str, Any], blocks: Mapping[str, AnyArray], more: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The bytes: magic, length of the head, head, blocks, each at a multiple of 8; ``more`` says more of a block.

    >>> packed({"step": 1}, {"a": np.zeros(2, np.float32)}, {})[:4]
    b'PLF1'
    """
    listed, parts, at = [], [], 0
    for name, block in blocks.items():
        little = np.ascontiguousarray(block, block.dtype.newbyteorder("<"))
        content = little.tobytes()
        about = {"name": name, "type": str(block.dtype), "shape": block.shape, "at": at, "bytes": len(content)}
        listed.append({**about, **more.get(name, {})})
        content += bytes(-len(content) % 8)
        parts.append(content)
        at += len(content)
    text = json.dumps(plain({**head, "blocks": listed}), allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 8)
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *parts])


def head(sight: Sight, *, exact: bool = True) -> dict[str, Any]:
    """What a frame says of where the training stood."""
    seen = sight.seen
    about = {"branch": sight.branch, "step": seen.step, "epoch": seen.epoch, "version": seen.version}
    return {**about, "hash": sight.hash, "exact": exact, "state": seen.state}


def tiles(net: Network, asked: str) -> tuple[Blocks, dict[str, dict[str, Any]]]:
    """Rows of W as int8 with one scale a neuron: ``1:0-31,2:0-15`` are the neurons 0 to 31 of layer 1, and more.

    Raises:
        InputError: it is none of that form, or there are no such neurons.
    """
    blocks: Blocks = {}
    more: dict[str, dict[str, Any]] = {}
    for part in asked.split(",")[:16]:
        found = TILES.fullmatch(part)
        l, first, last = map(int, found.groups()) if found else (0, 0, 0)
        if not 1 <= l <= len(net.layers) or not first <= last < net.sizes[l] or last - first >= MOST_TILES:
            raise InputError(f"tiles={asked[:40]!r}: give a layer and its first and last neuron, such as 1:0-31")
        W = np.ascontiguousarray(net.layers[l - 1].W[first : last + 1])
        greatest = np.abs(W).max(axis=1)
        scales = np.where(np.isfinite(greatest) & (greatest > 0), greatest, 1.0).astype(np.float32) / np.float32(127)
        with np.errstate(invalid="ignore"):
            blocks[f"tiles/{l}"] = np.nan_to_num(np.rint(W / scales[:, np.newaxis])).clip(-127, 127).astype(np.int8)
        blocks[f"scales/{l}"], more[f"tiles/{l}"] = scales, {"first": first}
    return blocks, more


def of_input(sight: Sight, given: Given) -> tuple[Blocks, dict[str, Any]]:
    """z, a and, where the target is known, δ of every layer for one input, in float64."""
    trace, loss = passed(sight.exact, given)
    blocks: Blocks = {"a/0": trace.a[0][0]}
    for l in range(1, len(trace.a)):
        blocks[f"z/{l}"], blocks[f"a/{l}"] = trace.z[l - 1][0], trace.a[l][0]
        if loss is not None:
            blocks[f"delta/{l}"] = trace.delta[l - 1][0]
    return blocks, {"input": given.handle, "input_loss": loss}


def of_probe(net: Network, probe: Pair) -> tuple[Blocks, dict[str, Any]]:
    """Over a batch: the size of the gradient in each layer, dead neurons, and the mean of every activation."""
    X, y = probe
    trace = Trace(net, len(X))
    trace.fill(X, y)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        forward(net, trace)
        loss = backward(net, trace)
        sizes = [root_mean_square(np.append(dW, db)) for dW, db in zip(trace.dW, trace.db, strict=True)]
        blocks: Blocks = {"gradient": np.array(sizes, np.float32)}
        for l in range(1, len(trace.a)):
            blocks[f"mean/{l}"] = trace.a[l].mean(axis=0, dtype=np.float64).astype(np.float32)
            if l < len(net.layers):
                blocks[f"dead/{l}"] = (slopes(net, trace, l) == 0).all(axis=0).astype(np.uint8)
    kind = net.loss.kind
    accuracy = None if kind == "values" else metrics.count_right(kind, trace.a[-1], y) / len(X)
    return blocks, {"loss": loss, "accuracy": accuracy}
