import { columns, laterColumns } from '../experiments/paper/counterparts';

const names = new Map<string, string>(
  Object.entries({ ...columns, ...laterColumns }).map(([name, kind]) => [kind, name]),
);

/** The name of a method in tables and figures by its key, as in the paper: `CC` for `correlation`. */
export function methodName(key: string): string {
  return names.get(key) ?? key.toUpperCase();
}
