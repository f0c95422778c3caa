import type { StoredTensor } from '../../io/safetensors/safetensors';
import * as tf from '../../tensor/engine/tf';
import type { Layout, Parameter } from '../parameter';

/** Copies a parameter's values in PyTorch's layout, as weights files store them. */
export function toStored({ layout, value }: Parameter): StoredTensor {
  const laidOut = toTorchLayout(value, layout);
  const stored: StoredTensor = { shape: laidOut.shape, data: Float32Array.from(laidOut.dataSync()) };
  laidOut.dispose();
  return stored;
}

/** Transposes a parameter's values, or their gradient, to PyTorch's layout. */
export function toTorchLayout(tensor: tf.Tensor, layout: Layout): tf.Tensor {
  return tf.transpose(tensor, [...axes(layout, tensor.rank).toTorch]);
}

/** Sets a parameter to values in PyTorch's layout. Their number must match its `torchShape`. */
export function assignStored(parameter: Parameter, data: Float32Array): void {
  const { layout, variable } = parameter;
  tf.tidy(() =>
    variable.assign(tf.transpose(tf.tensor(data, torchShape(parameter)), [...axes(layout, variable.rank).fromTorch])),
  );
}

/** Returns the shape of a parameter in PyTorch's layout. */
export function torchShape({ layout, value }: Parameter): number[] {
  return axes(layout, value.rank).toTorch.map((axis) => value.shape[axis]!);
}

/** The permutations of axes to and from PyTorch's layout. */
function axes(
  layout: Layout,
  rank: number,
): { readonly toTorch: readonly number[]; readonly fromTorch: readonly number[] } {
  switch (layout) {
    case 'conv':
      return { toTorch: [3, 2, 0, 1], fromTorch: [2, 3, 1, 0] };
    case 'depthwise':
      return { toTorch: [2, 3, 0, 1], fromTorch: [2, 3, 0, 1] };
    case 'linear':
      return { toTorch: [1, 0], fromTorch: [1, 0] };
    case 'plain': {
      const same = Array.from({ length: rank }, (_, axis) => axis);
      return { toTorch: same, fromTorch: same };
    }
  }
}
