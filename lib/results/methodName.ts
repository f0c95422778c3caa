import { columns } from '../experiments/counterparts';

const names = new Map<string, string>(Object.entries(columns).map(([name, kind]) => [kind, name]));

/** The name of a method in tables and figures by its kind, as in the paper: `CC` for `correlation`. */
export function methodName(kind: string): string {
  return names.get(kind) ?? kind.toUpperCase();
}
