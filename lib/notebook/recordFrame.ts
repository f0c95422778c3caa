import type { DataFrame } from 'danfojs-node';
import path from 'node:path';
import { recordsIn } from '../results/records/readRecords';
import { recordRows } from '../results/tables/recordRows';
import { dataFrame } from './table';

/**
 * All records of a folder as a danfojs data frame with one row for each run, to make tables of your own: names,
 * results, options of the method (`method.exponent`), measures and machine.
 */
export async function recordFrame(folder = path.join('data', 'results')): Promise<DataFrame> {
  return dataFrame(recordRows(await recordsIn(folder)));
}
