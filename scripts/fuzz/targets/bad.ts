import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../lib/errors';
import type { Target } from '../target';

/**
 * A reader with every failure that the fuzzer detects; the input selects one. It tests the fuzzer and is not run by the
 * command.
 */
export const target: Target = {
  file: 'input',
  make: (random) => Buffer.of(random.integer(behaviours.length)),
  read: (file) => behaviours[readFileSync(file)[0]!]!(file),
};

const behaviours: readonly ((file: string) => unknown)[] = [
  () => 'a value',
  (file) => throwUserError(`${file} is invalid.`),
  () => {
    throw new TypeError('oh');
  },
  () => throwUserError('somewhere something is invalid.'),
  (file) => throwUserError(`${file} is invalid: ${'x'.repeat(5000)}`),
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

function throwUserError(text: string): never {
  throw new UserError(text);
}
