"""Makes an int8 variant of an image model, calibrated on pictures.

    pip install onnx==1.23.2 onnxruntime numpy pillow sympy
    python scripts/quantize.py models/efficientnet-lite0.onnx OUT.onnx PICTURES [COUNT]

Static quantisation in QDQ form: activations in 8 bits unsigned, weights in 8 bits signed and by
channel, the last layer left in float. bench/int8.ts measures what it keeps.
"""

import sys
from pathlib import Path

import numpy
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

source, target, pictures = map(Path, sys.argv[1:4])
count = int(sys.argv[4]) if len(sys.argv) > 4 else 200
side, crop = 224, 0.875


def model_input(path: Path) -> numpy.ndarray:
    image = Image.open(path).convert("RGB")
    image.thumbnail((512, 512), Image.LANCZOS)
    cut = int(min(image.size) * crop)
    left, top = (image.width - cut) // 2, (image.height - cut) // 2
    square = image.crop((left, top, left + cut, top + cut)).resize((side, side), Image.BICUBIC)
    pixels = (numpy.asarray(square, dtype=numpy.float32) - 127) / 128
    return pixels.transpose(2, 0, 1)[None]


class Pictures(CalibrationDataReader):
    def __init__(self, name: str):
        files = sorted(p for p in pictures.rglob("*") if p.suffix in (".jpg", ".jpeg", ".png"))
        step = max(1, len(files) // count)
        self.inputs = iter([{name: model_input(p)} for p in files[::step][:count]])

    def get_next(self):
        return next(self.inputs, None)


prepared = target.with_suffix(".prepared.onnx")
quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
model = onnx.load(prepared)
last = [node.name for node in model.graph.node if node.op_type in ("Gemm", "MatMul")]
quantize_static(
    str(prepared),
    str(target),
    Pictures(model.graph.input[0].name),
    quant_format=QuantFormat.QDQ,
    activation_type=QuantType.QUInt8,
    weight_type=QuantType.QInt8,
    per_channel=True,
    nodes_to_exclude=last,
)
prepared.unlink()
print(f"{target}: {target.stat().st_size} bytes, {source.stat().st_size} before")
