import { UserError } from '../errors';
import * as tf from '../tensor/engine/tf';

/** Tokens as a square grid: [batch, tokens, channels] → [batch, √tokens, √tokens, channels], class token left out. Grids pass. */
export function toGrid(feature: tf.Tensor3D | tf.Tensor4D, classToken: boolean): tf.Tensor4D {
  return tf.tidy(() => {
    if (feature.rank === 4) return tf.clone(feature) as tf.Tensor4D;
    const tokens = feature as tf.Tensor3D;
    const first = classToken ? 1 : 0;
    const [batch, count, channels] = tokens.shape;
    const side = Math.round(Math.sqrt(count - first));
    if (side * side !== count - first)
      throw new UserError(
        `FitNet: ${count - first} tokens are no square grid. Does the model ${classToken ? 'really have' : 'have'} a class token?`,
      );
    return tf.reshape<tf.Rank.R4>(tf.slice(tokens, [0, first, 0], [-1, -1, -1]), [batch, side, side, channels]);
  });
}

/** Bilinear resize with pixel centres at half (PyTorch's align_corners = false). [batch, h, w, channels] → [batch, height, width, channels]. */
export function resizeBilinear(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [batch, h, w, channels] = x.shape;
  // Matrix products, for tfjs has no right gradient for resizing with half-pixel centres.
  return tf.tidy(() => {
    const rows =
      h === height
        ? x
        : tf.matMul(interpolation(h, height, batch), tf.reshape<tf.Rank.R3>(x, [batch, h, w * channels]));
    const columns =
      w === width
        ? rows
        : tf.matMul(
            interpolation(w, width, batch * height),
            tf.reshape<tf.Rank.R3>(rows, [batch * height, w, channels]),
          );
    return tf.reshape<tf.Rank.R4>(columns, [batch, height, width, channels]);
  });
}

/** The weights [copies, to, from] of the two nearest of `from` points for each of `to`. */
function interpolation(from: number, to: number, copies: number): tf.Tensor3D {
  const weights = tf.buffer<tf.Rank.R2>([to, from]);
  for (let i = 0; i < to; i++) {
    const place = Math.min(Math.max((i + 0.5) * (from / to) - 0.5, 0), from - 1);
    const below = Math.min(Math.floor(place), Math.max(from - 2, 0));
    weights.set(weights.get(i, below) + 1 - (place - below), i, below);
    if (from > 1) weights.set(place - below, i, below + 1);
  }
  return tf.tile(tf.expandDims<tf.Tensor3D>(weights.toTensor(), 0), [copies, 1, 1]);
}
