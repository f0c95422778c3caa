import { execute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';

/** sqrt(Σ g²) over all gradients together. */
export function globalNorm(grads: readonly tf.Tensor[]): tf.Scalar {
  return tf.tidy(() => {
    const squaredNorm = hasKernels()
      ? execute('OfaSquaredNorm', grads, [['N', 'int', grads.length]])[0]!
      : tf.addN(grads.map((grad) => tf.sum(tf.square(grad))));
    return tf.sqrt<tf.Scalar>(squaredNorm as tf.Scalar);
  });
}

/** The factor that scales gradients of this norm down to at most `maxNorm`: PyTorch's clip_grad_norm_. */
export function clipScale(norm: tf.Scalar, maxNorm: number): tf.Scalar {
  return tf.tidy(() => tf.minimum<tf.Scalar>(1, tf.div(maxNorm, tf.add(norm, 1e-6))));
}
