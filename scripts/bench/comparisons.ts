import { existsSync, readFileSync } from 'node:fs';
import { writeAtomic } from '../../lib/io/atomic';
import { comparison, type Comparison } from './comparison';
import { performancePage } from './table';

const file = 'docs/performance.jsonl';
const page = 'docs/performance.md';

/** All that was kept, in the order of the page. */
export function readComparisons(): Comparison[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => comparison.parse(JSON.parse(line)));
}

/** Keeps a result in place of an older one of the same setting, machine and number of threads, and writes the page's tables anew; the text below them stays. */
export async function keepComparison(result: Comparison): Promise<void> {
  const isOlder = ({ kind, setting, machine, threads }: Comparison): boolean =>
    kind === result.kind && setting === result.setting && machine === result.machine && threads === result.threads;
  const before = readComparisons();
  const all = before.some(isOlder) ? before.map((each) => (isOlder(each) ? result : each)) : [...before, result];
  await writeAtomic(file, all.map((each) => `${JSON.stringify(each)}\n`).join(''));
  await writeAtomic(page, performancePage(all, existsSync(page) ? readFileSync(page, 'utf8') : ''));
}
