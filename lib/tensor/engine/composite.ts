import * as tf from './tf';

/**
 * Runs an op that is composed of TensorFlow's ops. A backend that has a kernel of this name runs it as one op instead:
 * the backend of `lib/export` records it whole, because ONNX and its runtimes have it as one operator.
 */
export function composite<T extends tf.Tensor>(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: tf.NamedAttrMap,
  compose: () => T,
): T {
  if (!hasKernel(name, tf.getBackend())) return compose();
  const given = Object.entries(inputs).filter((entry): entry is [string, tf.Tensor] => entry[1] !== undefined);
  return tf.engine().runKernel<T>(name, Object.fromEntries(given), attributes);
}

/** Whether a backend has a kernel of this name. */
export function hasKernel(name: string, backend: string): boolean {
  // The declared type omits undefined.
  const kernel: unknown = tf.getKernel(name, backend);
  return kernel !== undefined;
}
