"""Checks an ONNX model: onnx's checker, and onnxruntime's outputs.

check.py MODEL IMAGES: IMAGES as in quantise.py. Prints the outputs as JSON: {name: [[…], …]}.
"""

import json
import sys

import numpy
import onnx
import onnxruntime

model, images = sys.argv[1:]
onnx.checker.check_model(onnx.load(model), full_check=True)
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
with open(images, "rb") as stream:
    shape = json.loads(stream.readline())
    values = numpy.frombuffer(stream.read(), dtype="<f4").reshape(shape)
names = [output.name for output in session.get_outputs()]
print(json.dumps(dict(zip(names, (output.tolist() for output in session.run(names, {"pixel_values": values}))))))
