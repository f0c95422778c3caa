import * as tf from '../../tensor/engine/tf';
import { resamplingTaps, type ResamplingFilter } from '../../tensor/resampling';
import type { Model } from '../model';

/**
 * Wraps a network so that it accepts images of another size: it resizes them to its own before each forward pass. The
 * wrapper shares the network's parameters: disposing one disposes both.
 */
export function resized(model: Model, imageSize: number, filter: ResamplingFilter): Model {
  const { name, family, classes, width, stageShapes, blockNames, headName } = model;
  const forward: Model['forward'] = (images, pass) =>
    model.forward(resizeImages(images, model.imageSize, filter), pass);
  // The network is a field of the wrapper, so that functions over its parameters find them.
  return Object.assign(
    { model },
    { name, family, classes, imageSize, width, stageShapes, blockNames, headName, forward },
  );
}

/**
 * Resizes images [batch, height, width, channels] to squares with antialiasing, as Pillow does: along each axis, every
 * new value is a weighted sum of old ones, which a product with a matrix computes.
 */
export function resizeImages(images: tf.Tensor4D, size: number, filter: ResamplingFilter): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape;
  if (height === size && width === size) return images;
  return tf.tidy(() => {
    const rows = tf.matMul(matrix(height, size, filter), tf.reshape(images, [batch, height, width * channels]));
    const columns = tf.matMul(matrix(width, size, filter), tf.reshape(rows, [batch * size, width, channels]));
    return tf.reshape(columns, [batch, size, size, channels]);
  });
}

/** The weights of the old values in each new value: [1, to, from]. */
function matrix(from: number, to: number, filter: ResamplingFilter): tf.Tensor3D {
  const weights = new Float32Array(to * from);
  resamplingTaps(from, to, filter).forEach((tap, i) => weights.set(tap.weights, i * from + tap.first));
  return tf.tensor3d(weights, [1, to, from]);
}
