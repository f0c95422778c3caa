import { isHeldOut } from '../records/heldOut';
import type { RunRecord } from '../records/record';

/** A record as one row of plain values; `method.NAME` are the options of its method. */
export type RecordRow = Readonly<Record<string, string | number | boolean | null>>;

/** The columns of a record that are plain values. */
const columns = [
  ...(['experiment', 'row', 'profile', 'dataset', 'teacher', 'student', 'method', 'seed', 'epochs', 'images'] as const),
  ...([
    'top1',
    'top5',
    'bestTop1',
    'teacherTop1',
    'seconds',
    'threads',
    'started',
    'commit',
    'dirty',
    'trainingVersion',
    'id',
  ] as const),
];

/**
 * Every record as one row: its names, results, the options of its method, its measures, and the machine. With `heldOut`
 * the accuracies are those on training images that were held out.
 */
export function recordRows(records: readonly RunRecord[]): RecordRow[] {
  return records.map((record) => ({
    ...Object.fromEntries(columns.map((column) => [column, record[column] ?? null])),
    heldOut: isHeldOut(record),
    processor: record.machine.processor,
    ...prefixed('method', methodOptions(record.recipe['method'])),
    ...prefixed('measures', record.measures ?? {}),
  }));
}

function methodOptions(method: unknown): object {
  if (typeof method !== 'object' || method === null) return {};
  return Object.fromEntries(Object.entries(method).filter(([name]) => name !== 'kind'));
}

/** Values of other types, such as lists, are written as JSON. */
function prefixed(prefix: string, values: object): RecordRow {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [`${prefix}.${name}`, plain(value)]),
  );
}

function plain(value: unknown): string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : JSON.stringify(value);
}
