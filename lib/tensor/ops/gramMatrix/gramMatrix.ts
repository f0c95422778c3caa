import { execute } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';

/** x xᵀ for x [rows, columns]; returns [rows, rows]. Not differentiable. */
export function gramMatrix(x: tf.Tensor2D): tf.Tensor2D {
  return hasKernels() ? (execute('OfaGram', [x], [])[0] as tf.Tensor2D) : tf.matMul(x, x, false, true);
}
