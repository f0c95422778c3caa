import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { unknownName } from '../lib/errors';
import { mapConcurrently } from '../lib/io/mapConcurrently';
import { positive, whole } from './cli/arguments';
import { run } from './cli/run';
import { supervise } from './fuzz/supervise';
import { targetNames } from './fuzz/targets';

const keep = path.join('out', 'fuzz');

interface Options {
  readonly inputs: number;
  readonly seed: number;
  readonly only?: string;
  readonly input?: number;
  readonly patience: number;
}

/** npm run fuzz --: every reader of foreign files against damaged and hostile ones. */
const command = new Command('npm run fuzz --')
  .description(
    'Feeds every reader of foreign files with damaged and hostile ones. Each must end in a value or an error of ours that says where.',
  )
  .option('--inputs <number>', 'of each target', positive, 1000)
  .option('--seed <number>', 'equal seeds give equal inputs', whole, 1)
  .option('--only <target>', `one of ${targetNames.join(', ')}`)
  .option('--input <number>', 'that one alone', whole)
  .option('--patience <seconds>', 'after which an input counts as a hang', positive, 30)
  .action(async ({ inputs, seed, only, input, patience }: Options) => {
    if (only !== undefined && !targetNames.includes(only)) throw unknownName('target', only, targetNames);
    const [from, end] = input === undefined ? [0, inputs] : [input, input + 1];
    console.log(
      `${'target'.padEnd(14)}${'inputs'.padStart(10)}${'values'.padStart(10)}${'our errors'.padStart(12)}${'faults'.padStart(8)}${'seconds'.padStart(9)}`,
    );
    const outcomes = await mapConcurrently(
      only === undefined ? targetNames : [only],
      Math.max(1, os.availableParallelism()),
      async (name) => {
        const outcome = await supervise({ name, seed, from, end, patience, keep });
        const { values, errors, faults, seconds } = outcome;
        console.log(
          `${name.padEnd(14)}${String(end - from).padStart(10)}${String(values).padStart(10)}${String(errors).padStart(12)}${String(faults.length).padStart(8)}${seconds.toFixed(1).padStart(9)}`,
        );
        for (const { at, reason } of faults)
          console.log(
            `  input ${at}: ${reason}\n  again: npm run -s fuzz -- --seed ${seed} --only ${name} --input ${at}   (kept in ${keep}/${name}-${seed}-${at}-…)`,
          );
        return outcome;
      },
    );
    if (outcomes.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
  });

void run(command);
