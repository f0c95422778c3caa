import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../lib/errors';
import type { Target } from '../target';

/** A reader with every fault that the tool looks for, the input saying which: it tries the tool itself, and the command leaves it out. */
export const target: Target = {
  file: 'input',
  make: (random) => Buffer.of(random.integer(ways.length)),
  read: (file) => ways[readFileSync(file)[0]!]!(file),
};

const ways: readonly ((file: string) => unknown)[] = [
  () => 'a value',
  (file) => refuse(`${file} is no good.`),
  () => {
    throw new TypeError('oh');
  },
  () => refuse('somewhere something is no good.'),
  (file) => refuse(`${file} is no good: ${'x'.repeat(5000)}`),
  () => Buffer.alloc(300e6, 1).length,
  (file) => {
    writeFileSync(path.join(path.dirname(file), '..', 'stray'), '');
  },
  () => {
    process.kill(process.pid, 'SIGSEGV');
  },
  () => {
    while (true);
  },
];

function refuse(text: string): never {
  throw new UserError(text);
}
