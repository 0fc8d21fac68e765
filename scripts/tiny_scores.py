"""Writes the small ONNX scores of test/fixtures/scores: each gives one number.

    pip install onnx==1.23.2
    python scripts/tiny_scores.py test/fixtures/scores

redness.onnx      a picture of 32 x 32, in 0..1: mean red less mean of green and blue, -1..1
strength.onnx     an embedding of any length: the mean of its absolute values
two-outputs.onnx  redness under two names
counts.onnx       an embedding of one number: counts that far, one by one, and gives it back
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

SIDE = 32


def value(name, shape):
    return h.make_tensor_value_info(name, T.FLOAT, shape)


def model(nodes, inputs, outputs, constants=()):
    named = [numpy_helper.from_array(np.array(v), k) for k, v in constants]
    graph = h.make_graph(nodes, "tiny", inputs, outputs, named)
    made = h.make_model(
        graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="tiny_scores.py"
    )
    onnx.checker.check_model(made)
    return made


def redness(outputs):
    weights = np.array([[1.0], [-0.5], [-0.5]], np.float32)
    nodes = [
        h.make_node("ReduceMean", ["picture"], ["colour"], axes=[2, 3], keepdims=0),
        h.make_node("MatMul", ["colour", "weights"], [outputs[0]]),
    ] + [h.make_node("Identity", [outputs[0]], [name]) for name in outputs[1:]]
    picture = value("picture", ["batch", 3, SIDE, SIDE])
    given = [value(name, ["batch", 1]) for name in outputs]
    return model(nodes, [picture], given, [("weights", weights)])


def strength():
    nodes = [
        h.make_node("Abs", ["embedding"], ["sizes"]),
        h.make_node("ReduceMean", ["sizes"], ["strength"], axes=[1], keepdims=0),
    ]
    return model(nodes, [value("embedding", [1, "length"])], [value("strength", [1])])


def counts():
    body = h.make_graph(
        [
            h.make_node("Identity", ["going"], ["goes-on"]),
            h.make_node("Add", ["count", "one"], ["next"]),
        ],
        "step",
        [
            h.make_tensor_value_info("at", T.INT64, []),
            h.make_tensor_value_info("going", T.BOOL, []),
            value("count", [1]),
        ],
        [h.make_tensor_value_info("goes-on", T.BOOL, []), value("next", [1])],
    )
    nodes = [
        h.make_node("ReduceSum", ["embedding"], ["total"], keepdims=0),
        h.make_node("Cast", ["total"], ["steps"], to=T.INT64),
        h.make_node("Loop", ["steps", "", "none"], ["counted"], body=body),
    ]
    constants = [("none", np.zeros(1, np.float32)), ("one", np.ones(1, np.float32))]
    return model(nodes, [value("embedding", [1, 1])], [value("counted", [1])], constants)


made = {
    "redness": redness(["redness"]),
    "strength": strength(),
    "two-outputs": redness(["redness", "again"]),
    "counts": counts(),
}
for name, found in made.items():
    Path(sys.argv[1], f"{name}.onnx").write_bytes(found.SerializeToString())
