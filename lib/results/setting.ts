import type { RunRecord } from './records/record';

/**
 * A setting of a run's recipe by its path, as `setting(record, 'method.exponent')`; undefined where the recipe has
 * none.
 */
export function setting({ recipe }: RunRecord, place: string): unknown {
  return place
    .split('.')
    .reduce<unknown>((value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined), recipe);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
