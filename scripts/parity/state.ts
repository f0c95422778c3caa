import { torchShape } from '../../lib/models/weights/layout';
import { parameters, type Module } from '../../lib/models/parameter';

/** Names and shapes of a network's parameters and buffers, as PyTorch has them. */
export type State = readonly (readonly [name: string, shape: readonly number[]])[];

export function shapesOf(module: Module): State {
  return parameters(module).map(([name, target]) => [name, torchShape(target)]);
}

/** What is missing, too much or of another shape; order does not matter. */
export function stateFault(actual: State, expected: State): string | undefined {
  const ours = new Map(actual);
  const theirs = new Map(expected);
  const faults = [
    ...expected.flatMap(([name, shape]) => {
      const found = ours.get(name);
      if (!found) return [`${name} is missing`];
      return found.join() === shape.join() ? [] : [`${name} is [${found}], expected [${shape}]`];
    }),
    ...actual.filter(([name]) => !theirs.has(name)).map(([name]) => `${name} is not in the reference`),
  ];
  return faults.length === 0 ? undefined : `${faults.length} entries differ: ${faults.slice(0, 5).join('; ')}`;
}
