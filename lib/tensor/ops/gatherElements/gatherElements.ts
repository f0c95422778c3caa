import { customGradient } from '../../engine/customGradient';
import { execute } from '../../engine/execute';
import { isNative } from '../../engine/native';
import * as tf from '../../engine/tf';

/**
 * The elements of x [n] at indices [m] (int32, repetitions allowed); returns [m]. As tf.gather, which reads all indices
 * back to check each in JavaScript, slow for millions; libtensorflow checks them itself.
 */
export function gatherElements(x: tf.Tensor1D, indices: tf.Tensor1D): tf.Tensor1D {
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
      )[0] as tf.Tensor1D,
      saved: [indices],
      backward: (dy, [saved]) => [tf.unsortedSegmentSum(dy, saved as tf.Tensor1D, x.size)],
    })),
  );
}
