import { unknownName } from '../errors';

export interface ModelOptions {
  readonly classes: number;
  /** Height and width of the images; each network's own size unless told. */
  readonly imageSize?: number;
}

/** The row of a table that has this name. Throws a UserError that names the nearest ones. */
export function variant<Row>(kind: string, name: string, table: Readonly<Record<string, Row>>): Row {
  const row = Object.hasOwn(table, name) ? table[name] : undefined;
  if (row === undefined) throw unknownName(kind, name, Object.keys(table));
  return row;
}
