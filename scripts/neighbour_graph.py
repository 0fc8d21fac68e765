"""Prints src/adapters/onnx/neighbour-graph.ts: a graph that finds nearest rows by dot product.

    pip install onnx==1.23.2
    python scripts/neighbour_graph.py > src/adapters/onnx/neighbour-graph.ts

similarities = queries * transposed(rows); the k largest of each query, largest first.
"""

import base64

from onnx import TensorProto, checker, helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
graph = helper.make_graph(
    [
        helper.make_node("Gemm", ["queries", "rows"], ["similarities"], transB=1),
        helper.make_node("TopK", ["similarities", "k"], ["values", "indices"], sorted=1),
    ],
    "nearest",
    [
        helper.make_tensor_value_info("queries", FLOAT, ["b", "d"]),
        helper.make_tensor_value_info("rows", FLOAT, ["n", "d"]),
        helper.make_tensor_value_info("k", INT64, [1]),
    ],
    [
        helper.make_tensor_value_info("values", FLOAT, ["b", "kept"]),
        helper.make_tensor_value_info("indices", INT64, ["b", "kept"]),
    ],
)
model = helper.make_model(
    graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="edgeminer"
)
checker.check_model(model)
text = base64.b64encode(model.SerializeToString()).decode()
lines = [text[at : at + 88] for at in range(0, len(text), 88)]
print("/**")
print(" * An ONNX graph that finds nearest rows, as scripts/neighbour_graph.py wrote it: inputs queries")
print(" * [b, d], rows [n, d] and k [1]; outputs values [b, k] (dot products, largest first; of equal")
print(" * ones the lower row first) and indices [b, k].")
print(" */")
print("export const neighbourGraph = Buffer.from(")
for position, line in enumerate(lines):
    print(f"  '{line}'{' +' if position < len(lines) - 1 else ','}")
print("  'base64',")
print(");")
