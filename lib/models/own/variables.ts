import * as tf from '../../tensor/engine/tf';

/** Every variable that is not disposed. */
export function allVariables(): Set<tf.Variable> {
  return new Set(Object.values(tf.engine().registeredVariables));
}

/** The variables that were created since `before` was read. */
export function variablesSince(before: ReadonlySet<tf.Variable>): tf.Variable[] {
  return [...allVariables()].filter((variable) => !before.has(variable));
}
