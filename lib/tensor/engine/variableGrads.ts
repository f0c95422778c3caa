import * as tf from './tf';

/**
 * tf.variableGrads in less memory. TensorFlow.js keeps the gradient of every array, and everything that was saved for it, to the end
 * of the way back; here both are freed as soon as the way back has passed them.
 */
export function variableGrads(f: () => tf.Scalar, variables: tf.Variable[]): ReturnType<typeof tf.variableGrads> {
  return tf.variableGrads(() => {
    const value = f();
    let passed: readonly tf.Tensor[] = [];
    for (const node of tf.engine().state.activeTape) {
      const { gradient, saved = [] } = node;
      if (!gradient) continue;
      // The gradients of a node's inputs are asked for one by one after this call, so that only those of the node before are free.
      node.gradient = (dys) => {
        tf.dispose([...passed]);
        passed = [...dys, ...saved];
        const given = new Set(dys);
        return Object.fromEntries(
          Object.entries(gradient(dys)).map(([input, ask]) => [input, () => own(ask(), given)]),
        );
      };
    }
    return value;
  }, variables);
}

/** What nobody else frees: a gradient that stands for several arrays is one tensor for each of them. */
function own(gradient: tf.Tensor, given: Set<tf.Tensor>): tf.Tensor {
  if (given.has(gradient)) return tf.clone(gradient);
  given.add(gradient);
  return gradient;
}
