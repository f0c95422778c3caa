import { customGradient } from '../../engine/customGradient';
import { execute } from '../../engine/execute';
import { isNative } from '../../engine/native';
import * as tf from '../../engine/tf';

/**
 * The rows of x [n, ...] at indices [m] (int32, repetitions allowed); returns [m, ...]. As tf.gather, which reads all
 * indices back to check each in JavaScript: slow for millions, and impossible in a compiled function. libtensorflow
 * checks them itself on a CPU; on a GPU, a row outside of x is zero.
 */
export function gatherRows<T extends tf.Tensor>(x: T, indices: tf.Tensor1D): T {
  if (!isNative()) return tf.gather(x, indices);
  return tf.tidy(() =>
    customGradient([x], () => ({
      value: execute(
        'GatherV2',
        [x, indices, tf.scalar(0, 'int32')],
        [
          ['Tparams', 'type', 'float32'],
          ['Tindices', 'type', 'int32'],
          ['Taxis', 'type', 'int32'],
          ['batch_dims', 'int', 0],
        ],
      )[0] as T,
      saved: [indices],
      backward: (dy, [saved]) => [tf.unsortedSegmentSum(dy, saved as tf.Tensor1D, x.shape[0])],
    })),
  );
}
