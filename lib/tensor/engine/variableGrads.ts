import * as tf from './tf';

/**
 * tf.variableGrads with less memory. TensorFlow.js keeps the gradients of all tensors, and everything saved for them,
 * until the end of the backward pass; here they are freed as soon as the backward pass has used them.
 */
export function variableGrads(f: () => tf.Scalar, variables: tf.Variable[]): ReturnType<typeof tf.variableGrads> {
  return tf.variableGrads(() => {
    const value = f();
    let finished: readonly tf.Tensor[] = [];
    for (const node of tf.engine().state.activeTape) {
      const { gradient, saved = [] } = node;
      if (!gradient) continue;
      // The gradients of a node's inputs are computed one by one after this call, so that only the previous node's
      // tensors can be freed.
      node.gradient = (dys) => {
        tf.dispose([...finished]);
        finished = [...dys, ...saved];
        const seen = new Set(dys);
        return Object.fromEntries(
          Object.entries(gradient(dys)).map(([input, compute]) => [input, () => distinct(compute(), seen)]),
        );
      };
    }
    return value;
  }, variables);
}

/** A gradient that an op returns for several inputs becomes one tensor for each, so that each is freed once. */
function distinct(gradient: tf.Tensor, seen: Set<tf.Tensor>): tf.Tensor {
  if (seen.has(gradient)) return tf.clone(gradient);
  seen.add(gradient);
  return gradient;
}
