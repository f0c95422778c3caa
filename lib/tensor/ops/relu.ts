import { customGradient } from '../engine/customGradient';
import { execute, isNative } from '../engine/native';
import * as tf from '../engine/tf';

/** max(x, 0), with TensorFlow's own gradient op: tfjs composes it from three. */
export function relu<T extends tf.Tensor>(x: T): T {
  return isNative() ? fused(x, 'Relu', 'ReluGrad') : tf.relu(x);
}

/** min(max(x, 0), 6) (Howard et al. 2017). */
export function relu6<T extends tf.Tensor>(x: T): T {
  return isNative() ? fused(x, 'Relu6', 'Relu6Grad') : tf.relu6(x);
}

function fused<T extends tf.Tensor>(x: T, op: string, gradient: string): T {
  return customGradient([x], () => {
    const y = execute(op, [x], [['T', 'type', 'float32']])[0] as T;
    return {
      value: y,
      saved: [y],
      backward: (dy, saved) => execute(gradient, [dy, ...saved], [['T', 'type', 'float32']]),
    };
  });
}
