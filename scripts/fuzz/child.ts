import { openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../lib/errors';
import { Random } from '../../lib/tensor/random';
import type { Fault, Tally, Target } from './target';
import { targetNamed } from './targets';

/** child.ts NAME SEED FROM END ROOT: tries these inputs one after the other, in a process that may die or hang of them. */
const [name = '', seed = '', from = '', end = '', root = ''] = process.argv.slice(2);
const mostLetters = 4000;
const spareBytes = 64e6;

async function work(): Promise<void> {
  const target = await targetNamed(name);
  const file = path.join(root, 'inside', target.file);
  const progress = openSync(path.join(path.dirname(root), `${path.basename(root)}.progress`), 'w');
  let [values, errors] = [0, 0];
  for (let at = Number(from); at < Number(end); at++) {
    const input = await target.make(new Random(Number(seed)).fork(name).fork(at));
    writeFileSync(file, input);
    // By now, so that whoever watches knows which input it was.
    writeSync(progress, JSON.stringify({ at, values, errors } satisfies Tally).padEnd(80), 0);
    const outcome = await ended(target, file, input);
    if (outcome === 'value') values++;
    else if (outcome === 'error') errors++;
    else await tell({ at, reason: outcome });
  }
  writeSync(progress, JSON.stringify({ at: Number(end), values, errors } satisfies Tally).padEnd(80), 0);
}

/** How an input ended: well, or by a fault in words. */
async function ended(target: Target, file: string, input: Uint8Array): Promise<string> {
  const before = process.memoryUsage.rss();
  const peak = process.resourceUsage().maxRSS;
  const outcome = await Promise.resolve()
    .then(() => target.read(file))
    .then(
      () => 'value',
      (error: unknown) => judged(error, target.place, file),
    );
  const taken = process.resourceUsage().maxRSS > peak ? process.resourceUsage().maxRSS * 1024 - before : 0;
  const most = 2 * input.length + spareBytes + (target.allowance?.(input) ?? 0);
  if (taken > most) return `it took ${megabytes(taken)} of memory for an input of ${megabytes(input.length)}`;
  const strays = [
    ...readdirSync(root).filter((entry) => entry !== 'inside'),
    ...readdirSync(path.dirname(file))
      .filter((entry) => entry !== target.file)
      .map((entry) => path.join('inside', entry)),
  ];
  for (const stray of strays) rmSync(path.join(root, stray), { recursive: true });
  return strays.length > 0 ? `it wrote ${strays.join(', ')}` : outcome;
}

function judged(error: unknown, place: RegExp | undefined, file: string): string {
  if (!(error instanceof UserError))
    return `not an error of ours: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  if (!(place?.test(error.message) ?? error.message.includes(file)))
    return `an error that does not say where: ${error.message.slice(0, mostLetters)}`;
  return error.message.length <= mostLetters
    ? 'error'
    : `an error of ${error.message.length} letters: ${error.message.slice(0, 200)}`;
}

function tell(fault: Fault): Promise<void> {
  return new Promise((resolve, reject) =>
    process.send?.(fault, (error: Error | null) => (error ? reject(error) : resolve())),
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

void work().finally(() => {
  if (process.connected) process.disconnect();
});
