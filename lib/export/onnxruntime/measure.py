"""Classifies images with an ONNX model on one thread, and measures its latency.

measure.py MODEL IMAGES: IMAGES as in quantise.py. Prints JSON: the predicted class of each image, the median time
of one image in milliseconds, and the version of onnxruntime.
"""

import json
import statistics
import sys
import time

import numpy
import onnxruntime

BATCH, WARM_UP, RUNS = 250, 20, 300


def main(model, file):
    with open(file, "rb") as stream:
        shape = json.loads(stream.readline())
        images = numpy.frombuffer(stream.read(), dtype="<f4").reshape(shape)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def logits(batch):
        return session.run(["logits"], {"pixel_values": batch})[0]

    classes = [logits(images[i : i + BATCH]).argmax(1) for i in range(0, len(images), BATCH)]
    times = []
    for i in range(WARM_UP + RUNS):
        start = time.perf_counter()
        logits(images[i % len(images)][None])
        times.append(time.perf_counter() - start)
    print(
        json.dumps(
            {
                "classes": numpy.concatenate(classes).tolist(),
                "milliseconds": 1000 * statistics.median(times[WARM_UP:]),
                "version": onnxruntime.__version__,
            }
        )
    )


main(*sys.argv[1:])
