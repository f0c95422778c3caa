import * as tf from '../../tensor/engine/tf';
import { variableGrads } from '../../tensor/engine/variableGrads';
import type { Random } from '../../tensor/random';
import { normal } from '../initialisers';
import type { Model } from '../model';
import { parameters, type Parameter } from '../parameter';

/** Lists parameters with the same name, and weights with several names. */
export function nameErrors(model: Model): string[] {
  const named = parameters(model);
  const paths = named.map(([path]) => path);
  const firstPaths = new Map<Parameter, string>();
  for (const [path, parameter] of named) if (!firstPaths.has(parameter)) firstPaths.set(parameter, path);
  return [
    ...new Set(
      paths.filter((path, i) => paths.indexOf(path) < i).map((path) => `${path}: two parameters have this name`),
    ),
    ...named
      .filter(([path, parameter]) => firstPaths.get(parameter) !== path)
      .map(([path, parameter]) => `${path}: the same parameter as ${firstPaths.get(parameter)!}; keep it in one field`),
  ];
}

/** Lists parameters outside the classifier whose shapes depend on the number of classes, and a missing classifier. */
export function headErrors(model: Model, withOtherClasses: Model): string[] {
  const isHead = (path: string): boolean => path.startsWith(`${model.headName}.`);
  const others = new Map(parameters(withOtherClasses));
  const dependent = parameters(model)
    .filter(([path, { value }]) => others.get(path)?.value.shape.join() !== value.shape.join())
    .map(([path]) => path);
  return [
    ...(dependent.some(isHead) ? [] : [`${model.headName}: no classifier has this path; set headName`]),
    ...dependent
      .filter((path) => !isHead(path))
      .map((path) => `${path}: its shape depends on the number of classes; only that of ${model.headName} may`),
  ];
}

/** Lists parameters that are not drawn from the given random numbers alone. */
export function seedErrors(model: Model, withEqualSeed: Model): string[] {
  const others = new Map(parameters(withEqualSeed));
  return parameters(model)
    .filter(([path, { value }]) => !sameValues(value, others.get(path)?.value))
    .map(([path]) => `${path}: two networks with the same seed differ; draw its values from the random argument`);
}

/** Lists trained parameters on which the logits for `images` do not depend, and gradients that are not finite. */
export function gradientErrors(model: Model, images: tf.Tensor4D, random: Random): string[] {
  const trained = parameters(model).filter(([, { trainable }]) => trainable);
  if (trained.length === 0) return ['modules: they have no parameters to train'];
  const target = normal<tf.Rank.R2>([images.shape[0], model.classes], 1, random);
  const loss = (): tf.Scalar => tf.sum(tf.mul(model.forward(images, { mode: 'train' }).logits, target));
  const grads = gradientsOf(
    loss,
    trained.map(([, { variable }]) => variable),
  );
  const errors = trained.flatMap(([path, { variable }]) => {
    const values = grads[variable.name]?.dataSync();
    if (!values || values.every((value) => value === 0)) return [`${path}: no gradient reaches it from the logits`];
    return values.every(Number.isFinite) ? [] : [`${path}: its gradient is NaN or infinite`];
  });
  tf.dispose([grads, target]);
  return errors;
}

/** Gradients by the variable's name; none if the loss depends on no variable. */
function gradientsOf(loss: () => tf.Scalar, variables: tf.Variable[]): tf.NamedTensorMap {
  try {
    const { value, grads } = variableGrads(loss, variables);
    value.dispose();
    return grads;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Cannot find a connection')) return {};
    throw error;
  }
}

/** Moves every trained weight by a small random amount: zeros of initial weights would hide what depends on them. */
export function stir(model: Model, random: Random): void {
  for (const [path, { trainable, variable }] of parameters(model)) {
    if (!trainable) continue;
    tf.tidy(() => variable.assign(tf.add(variable, normal(variable.shape, 0.05, random.fork(path)))));
  }
}

export function sameValues(a: tf.Tensor, b: tf.Tensor | undefined): boolean {
  if (b?.shape.join() !== a.shape.join()) return false;
  const others = b.dataSync();
  return a.dataSync().every((value, i) => value === others[i]);
}
