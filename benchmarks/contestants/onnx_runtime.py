"""ONNX Runtime on the same weights: Gemm, Relu and Softmax, made with ``onnx.helper``; one thread or two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.contestants import quickest
from benchmarks.workloads import Floats, Workload, load_prediction


def model(pairs: list[tuple[Floats, Floats]]) -> bytes:
    """The network as an ONNX model: X (n, 784) float32 to probabilities (n, 10)."""
    nodes, weights, name = [], [], "X"
    for l, (W, b) in enumerate(pairs, start=1):
        weights += [numpy_helper.from_array(W.T.copy(), f"W{l}"), numpy_helper.from_array(b, f"b{l}")]
        nodes.append(helper.make_node("Gemm", [name, f"W{l}", f"b{l}"], [f"Z{l}"]))
        last = l == len(pairs)
        name = "P" if last else f"A{l}"
        nodes.append(helper.make_node("Softmax" if last else "Relu", [f"Z{l}"], [name]))
    inputs = helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", pairs[0][0].shape[1]])
    outputs = helper.make_tensor_value_info("P", TensorProto.FLOAT, ["n", len(pairs[-1][1])])
    graph = helper.make_graph(nodes, "network", [inputs], [outputs], weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    serialized: bytes = made.SerializeToString()
    return serialized


class Prediction:
    """``session.run``, call after call."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.X, pairs = load_prediction(folder, workload)
        self.times, content = workload.times, model(pairs)

        def work(threads: int) -> Callable[[], object]:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
            return self.repeat

        threads = quickest((1, 2), work)
        work(threads)
        self.notes = f"threads: {threads}"

    def repeat(self) -> None:
        for _ in range(self.times):
            self.outputs = self.session.run(None, {"X": self.X})[0]

    def result(self) -> dict[str, Any]:
        return {"outputs": self.outputs}
