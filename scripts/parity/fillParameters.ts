import { assignStored, torchShape } from '../../lib/models/weights/layout';
import { parameters, type Module, type NamedParameter } from '../../lib/models/parameter';
import { parameter } from '../../lib/reference/fill';

/** Sets every parameter and buffer of a module to the reference values for its name. */
export function fillParameters(module: Module): void {
  fillNamed(parameters(module));
}

/** The same for parameters listed with the names that the reference uses. */
export function fillNamed(named: readonly NamedParameter[]): void {
  for (const [name, target] of named) {
    const shape = torchShape(target);
    assignStored(target, parameter(name, shape));
  }
}
