import { execute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';

/** sqrt(Σ g²) over all gradients together. */
export function globalNorm(grads: readonly tf.Tensor[]): number {
  return tf.tidy(() => {
    const squaredNorm = hasKernels()
      ? execute('OfaSquaredNorm', grads, [['N', 'int', grads.length]])[0]!
      : tf.addN(grads.map((grad) => tf.sum(tf.square(grad))));
    return Math.sqrt(squaredNorm.dataSync()[0]!);
  });
}

/** The factor that scales gradients of this norm down to at most `maxNorm`: PyTorch's clip_grad_norm_. */
export function clipScale(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
