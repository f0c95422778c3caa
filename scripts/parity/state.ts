import { torchShape } from '../../lib/models/weights/layout';
import { parameters, type Module } from '../../lib/models/parameter';

/** Names and shapes of a network's parameters and buffers in PyTorch's layout. */
export type State = readonly (readonly [name: string, shape: readonly number[]])[];

export function shapesOf(module: Module): State {
  return parameters(module).map(([name, target]) => [name, torchShape(target)]);
}

/** Describes missing, additional and mis-shaped entries; undefined if there are none. The order does not matter. */
export function stateError(actual: State, expected: State): string | undefined {
  const ours = new Map(actual);
  const theirs = new Map(expected);
  const errors = [
    ...expected.flatMap(([name, shape]) => {
      const found = ours.get(name);
      if (!found) return [`${name} is missing`];
      return found.join() === shape.join() ? [] : [`${name} is [${found}], expected [${shape}]`];
    }),
    ...actual.filter(([name]) => !theirs.has(name)).map(([name]) => `${name} is not in the reference`),
  ];
  return errors.length === 0 ? undefined : `${errors.length} entries differ: ${errors.slice(0, 5).join('; ')}`;
}
