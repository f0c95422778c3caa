import { customGradient } from '../../engine/customGradient';
import { execute } from '../../engine/execute';
import { isNative } from '../../engine/native';
import * as tf from '../../engine/tf';

/** max(x, 0), with TensorFlow's own gradient op; TensorFlow.js composes the gradient from three ops. */
export function relu<T extends tf.Tensor>(x: T): T {
  return isNative() ? native(x, 'Relu') : tf.relu(x);
}

/** min(max(x, 0), 6) (Howard et al. 2017). */
export function relu6<T extends tf.Tensor>(x: T): T {
  return isNative() ? native(x, 'Relu6') : tf.relu6(x);
}

function native<T extends tf.Tensor>(x: T, op: 'Relu' | 'Relu6'): T {
  return customGradient([x], () => {
    const y = execute(op, [x], [['T', 'type', 'float32']])[0] as T;
    return {
      value: y,
      saved: [y],
      backward: (dy, saved) => execute(`${op}Grad`, [dy, ...saved], [['T', 'type', 'float32']]),
    };
  });
}
