"""Quantises an ONNX model to int8 with onnxruntime's static quantisation.

quantise.py MODEL IMAGES OUT: IMAGES holds float32 images [count, 3, height, width], after a line of JSON with
the shape.
"""

import json
import os
import sys
import tempfile

import numpy
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process


def read_images(file):
    with open(file, "rb") as stream:
        shape = json.loads(stream.readline())
        return numpy.frombuffer(stream.read(), dtype="<f4").reshape(shape)


class Images(CalibrationDataReader):
    """Batches of calibration images."""

    def __init__(self, images, batch=32):
        self.batches = iter([images[i : i + batch] for i in range(0, len(images), batch)])

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"pixel_values": batch}


def main(model, images, out):
    with tempfile.TemporaryDirectory() as folder:
        prepared = os.path.join(folder, "prepared.onnx")
        # Symbolic shape inference needs sympy and is for transformers of text.
        quant_pre_process(model, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            out,
            Images(read_images(images)),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm", "MatMul"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            # Saturation on processors without VNNI: weights use 7 bits.
            reduce_range=True,
        )


main(*sys.argv[1:])
