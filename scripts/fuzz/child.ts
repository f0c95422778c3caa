import { openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../lib/errors';
import { Random } from '../../lib/tensor/random';
import { progressFile, type Failure, type Progress, type Target } from './target';
import { loadTarget } from './targets';

/**
 * child.ts NAME SEED FROM END ROOT: tests these inputs of a target one after the other. An input may crash or hang the
 * process.
 */
const [name = '', seed = '', from = '', end = '', root = ''] = process.argv.slice(2);
const maxMessageLength = 4000;
const spareBytes = 64e6;

async function main(): Promise<void> {
  const target = await loadTarget(name);
  const file = path.join(root, 'inside', target.file);
  const handle = openSync(progressFile(root), 'w');
  const writeProgress = (progress: Progress): void => {
    writeSync(handle, JSON.stringify(progress).padEnd(80), 0);
  };
  let [values, userErrors] = [0, 0];
  for (let at = Number(from); at < Number(end); at++) {
    const input = await target.make(new Random(Number(seed)).fork(name).fork(at));
    writeFileSync(file, input);
    // Before the input is read, so that the supervisor can name an input that crashed or hung.
    writeProgress({ at, values, userErrors });
    const outcome = await test(target, file, input);
    if (outcome === 'value') values++;
    else if (outcome === 'user error') userErrors++;
    else await send({ at, reason: outcome });
  }
  writeProgress({ at: Number(end), values, userErrors });
  target.close?.();
}

/** Reads one input. Returns `value`, `user error`, or the reason of the failure. */
async function test(target: Target, file: string, input: Uint8Array): Promise<string> {
  const before = process.memoryUsage.rss();
  const peak = process.resourceUsage().maxRSS;
  const outcome = await Promise.resolve()
    .then(() => target.read(file))
    .then(
      () => 'value',
      (error: unknown) => judgeError(error, target.place, file),
    );
  const used = process.resourceUsage().maxRSS > peak ? process.resourceUsage().maxRSS * 1024 - before : 0;
  const limit = 2 * input.length + spareBytes + (target.allowance?.(input) ?? 0);
  if (used > limit) return `it used ${megabytes(used)} of memory for an input of ${megabytes(input.length)}`;
  const strayFiles = [
    ...readdirSync(root).filter((entry) => entry !== 'inside'),
    ...readdirSync(path.dirname(file))
      .filter((entry) => entry !== target.file)
      .map((entry) => path.join('inside', entry)),
  ];
  for (const stray of strayFiles) rmSync(path.join(root, stray), { recursive: true });
  return strayFiles.length > 0 ? `it wrote ${strayFiles.join(', ')}` : outcome;
}

function judgeError(error: unknown, place: RegExp | undefined, file: string): string {
  if (!(error instanceof UserError)) {
    return `not a UserError: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const { message } = error;
  if (!(place?.test(message) ?? message.includes(file))) {
    return `an error without its place: ${message.slice(0, maxMessageLength)}`;
  }
  if (message.length <= maxMessageLength) return 'user error';
  return `an error of ${message.length} characters: ${message.slice(0, 200)}`;
}

function send(failure: Failure): Promise<void> {
  return new Promise((resolve, reject) =>
    process.send?.(failure, (error: Error | null) => (error ? reject(error) : resolve())),
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

void main().finally(() => {
  if (process.connected) process.disconnect();
});
