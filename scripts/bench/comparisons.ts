import { existsSync, readFileSync } from 'node:fs';
import { writeAtomic } from '../../lib/io/atomic';
import { withBlocks } from '../readme/withBlocks';
import { comparison, type Comparison } from './comparison';
import { performanceBlocks } from './tables';

const file = 'docs/performance.jsonl';
const page = 'docs/performance.md';

/** All stored comparisons, in the order of the page. */
export function readComparisons(): Comparison[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => comparison.parse(JSON.parse(line)));
}

/**
 * Stores a comparison and updates the tables of docs/performance.md.
 * It replaces an older one with the same setting, machine and number of threads.
 */
export async function storeComparison(result: Comparison): Promise<void> {
  const isReplaced = ({ kind, setting, machine, threads }: Comparison): boolean =>
    kind === result.kind && setting === result.setting && machine === result.machine && threads === result.threads;
  const before = readComparisons();
  const all = before.some(isReplaced) ? before.map((each) => (isReplaced(each) ? result : each)) : [...before, result];
  await writeAtomic(file, all.map((each) => `${JSON.stringify(each)}\n`).join(''));
  await writeAtomic(page, withBlocks(readFileSync(page, 'utf8'), performanceBlocks(all)));
}
