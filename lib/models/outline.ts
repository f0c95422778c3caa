import { Parameter, parameterCount, type Module } from './parameter';

/** One part of a network. */
export interface Part {
  /** Its path: `blocks.0`. */
  readonly path: string;
  /** Its kind: `TransformerBlock`. */
  readonly kind: string;
  readonly parameters: number;
}

/** The parts of a module, a part a field or an entry of a list, with their parameters. */
export function outline(module: Module, prefix = ''): Part[] {
  return Object.entries(module).flatMap(([field, part]: [string, unknown]): Part[] => {
    if (typeof part !== 'object' || part === null || part instanceof Parameter) return [];
    if (Array.isArray(part)) return outline(part, `${prefix}${field}.`);
    const parameters = parameterCount(part);
    return parameters === 0 ? [] : [{ path: prefix + field, kind: part.constructor.name, parameters }];
  });
}
