"""Writes the small ONNX models of test/fixtures/models, all with the same seeded weights.

    pip install onnx==1.23.2
    python scripts/tiny_models.py test/fixtures/models

Each network is a convolution, a ReLU, a mean over the map (12 features) and a linear layer (3
classes), behind another kind of input or output: what they give for one picture must agree.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

SIDE, FEATURES, CLASSES = 32, 12, 3
random = np.random.default_rng(7)
KERNEL = random.normal(0, 0.2, (FEATURES, 3, 4, 4)).astype(np.float32)
BIAS = random.uniform(0.1, 0.4, FEATURES).astype(np.float32)
HEAD = random.normal(0, 1, (FEATURES, CLASSES)).astype(np.float32)
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def weights(dtype=np.float32):
    named = {"kernel": KERNEL, "bias": BIAS, "head": HEAD}
    return [numpy_helper.from_array(v.astype(dtype), k) for k, v in named.items()]


def trunk(source):
    """`source` is normalised, channels first; gives `map` [b, 12, 8, 8] and `embedding` [b, 12]."""
    return [
        h.make_node("Conv", [source, "kernel", "bias"], ["conv"], strides=[4, 4]),
        h.make_node("Relu", ["conv"], ["map"]),
        h.make_node("GlobalAveragePool", ["map"], ["pooled"]),
        h.make_node("Flatten", ["pooled"], ["embedding"]),
    ]


def classifier():
    return [h.make_node("MatMul", ["embedding", "head"], ["logits"])]


def value(name, shape, kind=T.FLOAT):
    return h.make_tensor_value_info(name, kind, shape)


def model(nodes, inputs, outputs, constants):
    graph = h.make_graph(nodes, "tiny", inputs, outputs, constants)
    made = h.make_model(
        graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="tiny_models.py"
    )
    onnx.checker.check_model(made)
    return made


def nchw(batch="batch", side=(SIDE, SIDE), channels=3, kind=T.FLOAT):
    return value("image", [batch, channels, *side], kind)


def constant(name, values, dtype):
    return numpy_helper.from_array(np.array(values, dtype), name)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    # onnx adds to a file of weights that is there already.
    (folder / "external.onnx.data").unlink(missing_ok=True)

    def save(name, *parts, **options):
        onnx.save_model(model(*parts), str(folder / f"{name}.onnx"), **options)

    embedding = value("embedding", ["batch", FEATURES])
    logits = value("logits", ["batch", CLASSES])
    both = trunk("image") + classifier()
    save("classifier", both, [nchw()], [logits, embedding], weights())
    save("embedder", trunk("image"), [nchw()], [embedding], weights())
    save("fixed-batch", both, [nchw(2)], [value("embedding", [2, FEATURES])], weights())
    save("free-size", trunk("image"), [nchw(side=("height", "width"))], [embedding], weights())
    save(
        "free-all",
        trunk("image"),
        [nchw(side=("height", "width"), channels="channels")],
        [embedding],
        weights(),
    )
    save(
        "float16",
        both,
        [nchw(kind=T.FLOAT16)],
        [value("embedding", ["batch", FEATURES], T.FLOAT16), value("logits", ["batch", CLASSES], T.FLOAT16)],
        weights(np.float16),
    )
    # It normalises by itself, as mobile exports do.
    own = [
        h.make_node("Cast", ["image"], ["floats"], to=T.FLOAT),
        h.make_node("Sub", ["floats", "mean"], ["centred"]),
        h.make_node("Div", ["centred", "deviation"], ["scaled"]),
        h.make_node("Transpose", ["scaled"], ["first"], perm=[0, 3, 1, 2]),
    ]
    constants = [
        constant("mean", MEAN * 255, np.float32),
        constant("deviation", DEVIATION * 255, np.float32),
    ]
    save(
        "nhwc-uint8",
        own + trunk("first"),
        [value("image", ["batch", SIDE, SIDE, 3], T.UINT8)],
        [embedding],
        weights() + constants,
    )
    turned = [h.make_node("Transpose", ["image"], ["first"], perm=[0, 3, 1, 2])]
    save(
        "nhwc",
        turned + trunk("first"),
        [value("image", ["batch", SIDE, SIDE, 3])],
        [embedding],
        weights(),
    )
    grid = SIDE // 4
    save(
        "feature-map",
        trunk("image")[:2],
        [nchw()],
        [value("map", ["batch", FEATURES, grid, grid])],
        weights(),
    )
    save(
        "feature-map-last",
        trunk("image")[:2] + [h.make_node("Transpose", ["map"], ["last"], perm=[0, 2, 3, 1])],
        [nchw()],
        [value("last", ["batch", grid, grid, FEATURES])],
        weights(),
    )
    # As vision transformers do: a token for the whole picture, then one for each patch.
    tokens = trunk("image") + [
        h.make_node("Reshape", ["map", "patches"], ["rows"]),
        h.make_node("Transpose", ["rows"], ["columns"], perm=[0, 2, 1]),
        h.make_node("Reshape", ["embedding", "one"], ["whole"]),
        h.make_node("Concat", ["whole", "columns"], ["last_hidden_state"], axis=1),
    ]
    save(
        "tokens",
        tokens,
        [nchw()],
        [value("last_hidden_state", ["batch", 1 + grid * grid, FEATURES])],
        weights()
        + [
            constant("patches", [0, FEATURES, -1], np.int64),
            constant("one", [0, 1, FEATURES], np.int64),
        ],
    )
    save(
        "external",
        trunk("image"),
        [nchw()],
        [embedding],
        weights(),
        save_as_external_data=True,
        location="external.onnx.data",
        size_threshold=0,
    )

    # Its batch has a name, and yet the graph is made for one picture.
    save(
        "batch-in-graph",
        trunk("image")[:3] + [h.make_node("Reshape", ["pooled", "shape"], ["embedding"])],
        [nchw()],
        [embedding],
        weights() + [constant("shape", [1, FEATURES], np.int64)],
    )
    save(
        "probabilities",
        both + [h.make_node("Softmax", ["logits"], ["probabilities"], axis=1)],
        [nchw()],
        [embedding, value("probabilities", ["batch", CLASSES])],
        weights(),
    )

    # What can't be an embedder.
    save(
        "two-inputs",
        [h.make_node("Add", ["image", "mask"], ["masked"])] + trunk("masked"),
        [nchw(), value("mask", ["batch", 3, SIDE, SIDE])],
        [embedding],
        weights(),
    )
    save(
        "no-image",
        [h.make_node("MatMul", ["rows", "head"], ["logits"])],
        [value("rows", ["batch", FEATURES])],
        [logits],
        weights(),
    )
    save(
        "text-output",
        both
        + [
            h.make_node("ArgMax", ["logits"], ["best"], axis=1, keepdims=0),
            h.make_node("Gather", ["names", "best"], ["label"]),
        ],
        [nchw()],
        [value("label", ["batch"], T.STRING)],
        weights() + [h.make_tensor("names", T.STRING, [CLASSES], [b"a", b"b", b"c"])],
    )
    save(
        "not-finite",
        trunk("image") + [
            h.make_node("Neg", ["embedding"], ["negative"]),
            h.make_node("Log", ["negative"], ["logarithm"]),
        ],
        [nchw()],
        [value("logarithm", ["batch", FEATURES])],
        weights(),
    )
    save(
        "blind",
        trunk("image") + [h.make_node("Mul", ["embedding", "zero"], ["nothing"])],
        [nchw()],
        [value("nothing", ["batch", FEATURES])],
        weights() + [constant("zero", [0], np.float32)],
    )


main(Path(sys.argv[1]))
