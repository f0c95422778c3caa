import type { NamedParameter } from '../../models/parameter';
import type * as tf from '../../tensor/engine/tf';
import { variableGrads } from '../../tensor/engine/variableGrads';
import { byPath } from './gradients';

/** A loss and its gradients by the path of the parameter. The caller frees them. */
export interface LossGradients {
  readonly value: tf.Scalar;
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
}

/** Computes a loss and its gradients, for a training step that is written out by hand. */
export function lossGradients(loss: () => tf.Scalar, trained: readonly NamedParameter[]): LossGradients {
  const { value, grads } = variableGrads(
    loss,
    trained.map(([, { variable }]) => variable),
  );
  return { value, gradients: byPath(grads, trained) };
}
