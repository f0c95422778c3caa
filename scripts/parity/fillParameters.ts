import { assignStored, torchShape } from '../../lib/models/weights/layout';
import { parameters, type Module, type NamedParameter } from '../../lib/models/parameter';
import { parameter } from '../../lib/reference/fill';

/** Gives every parameter and buffer the reference's numbers for its name. */
export function fillParameters(module: Module): void {
  fillNamed(parameters(module));
}

/** The same under the names that the reference knows them by. */
export function fillNamed(named: readonly NamedParameter[]): void {
  for (const [name, target] of named) {
    const shape = torchShape(target);
    assignStored(target, parameter(name, shape));
  }
}
