import { Random } from '../tensor/random';
import type { Model } from './model';
import { parameters } from './parameter';
import { createModel } from './zoo';

/** The same network with the weights and precision that it has now, which later training does not change. The caller frees it. */
export function copyOf(model: Model): Model {
  const { name, classes, imageSize } = model;
  const copy = createModel(name, { classes, imageSize }, new Random(0));
  const now = new Map(parameters(model));
  for (const [path, parameter] of parameters(copy)) {
    const { value, precision } = now.get(path)!;
    parameter.variable.assign(value);
    parameter.precision = precision;
  }
  return copy;
}
