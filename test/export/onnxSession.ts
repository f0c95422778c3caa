import * as tf from '../../lib/tensor/engine/tf';
import { browserPackagesLack, hasBrowserPackages, onnxruntimeWeb } from '../../scripts/onnxruntime/environments.mjs';

/** Why `runOnnx` cannot run, or false. */
export const withoutSession = !hasBrowserPackages() && browserPackagesLack;

/** The outputs of an ONNX model by name, computed by onnxruntime in WebAssembly. images [batch, height, width, 3]. */
export async function runOnnx(model: Uint8Array, images: tf.Tensor4D): Promise<ReadonlyMap<string, Float32Array>> {
  const ort = onnxruntimeWeb();
  // More threads would keep the process alive.
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model);
  try {
    const channelsFirst = tf.transpose(images, [0, 3, 1, 2]);
    const data = Float32Array.from(channelsFirst.dataSync());
    const results = await session.run({ pixel_values: new ort.Tensor('float32', data, channelsFirst.shape) });
    channelsFirst.dispose();
    return new Map(
      session.outputNames.map((name) => {
        const values = results[name]?.data;
        if (!(values instanceof Float32Array)) throw new Error(`The output ${name} is not float32.`);
        return [name, values];
      }),
    );
  } finally {
    await session.release();
  }
}
