import { customGradient } from '../engine/customGradient';
import { execute, isNative } from '../engine/native';
import * as tf from '../engine/tf';

/**
 * The numbers of x at these places, any of them more than once. x [n], places int32 [m]; returns [m].
 * As tf.gather, which reads all places back to check each in JavaScript: slow for millions. libtensorflow checks them itself.
 */
export function pick(x: tf.Tensor1D, places: tf.Tensor1D): tf.Tensor1D {
  if (!isNative()) return tf.gather(x, places);
  return tf.tidy(() =>
    customGradient([x], () => ({
      value: execute(
        'GatherV2',
        [x, places, tf.scalar(0, 'int32')],
        [
          ['Tparams', 'type', 'float32'],
          ['Tindices', 'type', 'int32'],
          ['Taxis', 'type', 'int32'],
          ['batch_dims', 'int', 0],
        ],
      )[0] as tf.Tensor1D,
      saved: [places],
      backward: (dy, [saved]) => [tf.unsortedSegmentSum(dy, saved as tf.Tensor1D, x.size)],
    })),
  );
}
