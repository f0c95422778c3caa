import { UserError } from '../errors';
import * as tf from '../tensor/engine/tf';

/**
 * Arranges tokens as a square grid, without the class token: [batch, tokens, channels] → [batch, √tokens, √tokens,
 * channels]. A feature [batch, height, width, channels] is returned as it is. Throws a UserError if the tokens do not
 * fill a square.
 */
export function toGrid(feature: tf.Tensor3D | tf.Tensor4D, classToken: boolean): tf.Tensor4D {
  return tf.tidy(() => {
    if (feature.rank === 4) return tf.clone(feature) as tf.Tensor4D;
    const tokens = feature as tf.Tensor3D;
    const first = classToken ? 1 : 0;
    const [batch, count, channels] = tokens.shape;
    const side = Math.round(Math.sqrt(count - first));
    if (side * side !== count - first)
      throw new UserError(
        `FitNet: ${count - first} tokens do not fill a square grid. ` +
          `Check whether the model ${classToken ? 'really has' : 'has'} a class token.`,
      );
    return tf.reshape<tf.Rank.R4>(tf.slice(tokens, [0, first, 0], [-1, -1, -1]), [batch, side, side, channels]);
  });
}

/**
 * Bilinear resize as PyTorch's `interpolate(mode='bilinear', align_corners=False)`.
 * [batch, heightIn, widthIn, channels] → [batch, height, width, channels].
 */
export function resizeBilinear(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [batch, heightIn, widthIn, channels] = x.shape;
  // As matrix products, because the gradient of TensorFlow.js's own op is wrong with half-pixel centres.
  return tf.tidy(() => {
    let resized: tf.Tensor = x;
    if (heightIn !== height) {
      const columns = tf.reshape<tf.Rank.R3>(x, [batch, heightIn, widthIn * channels]);
      resized = tf.matMul(interpolation(heightIn, height, batch), columns);
    }
    if (widthIn !== width) {
      const rows = tf.reshape<tf.Rank.R3>(resized, [batch * height, widthIn, channels]);
      resized = tf.matMul(interpolation(widthIn, width, batch * height), rows);
    }
    return tf.reshape<tf.Rank.R4>(resized, [batch, height, width, channels]);
  });
}

/** Matrices [copies, to, from] that interpolate `to` points linearly between `from` points, all the same. */
function interpolation(from: number, to: number, copies: number): tf.Tensor3D {
  const weights = tf.buffer<tf.Rank.R2>([to, from]);
  for (let i = 0; i < to; i++) {
    const position = Math.min(Math.max((i + 0.5) * (from / to) - 0.5, 0), from - 1);
    const below = Math.min(Math.floor(position), Math.max(from - 2, 0));
    weights.set(weights.get(i, below) + 1 - (position - below), i, below);
    if (from > 1) weights.set(position - below, i, below + 1);
  }
  return tf.tile(tf.expandDims<tf.Tensor3D>(weights.toTensor(), 0), [copies, 1, 1]);
}
