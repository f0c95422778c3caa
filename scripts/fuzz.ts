import os from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { unknownName } from '../lib/errors';
import { mapConcurrently } from '../lib/io/mapConcurrently';
import { positive, whole } from './cli/arguments';
import { endOnInterrupt } from './cli/endOnInterrupt';
import { run } from './cli/run';
import { supervise, type Outcome } from './fuzz/supervise';
import { targetNames } from './fuzz/targets';
import { pillowLacks, pillowPython } from './pillow/environment.mjs';

const failureFolder = path.join('out', 'fuzz');

interface Options {
  readonly inputs: number;
  readonly seed: number;
  readonly only?: string;
  readonly input?: number;
  readonly patience: number;
}

/** npm run fuzz --: feeds damaged and hostile files to every reader of external files. */
const command = new Command('npm run fuzz --')
  .description(
    'Feeds damaged and hostile files to every reader of external files. ' +
      'Each input must result in a value or in a UserError that names the file.',
  )
  .option('--inputs <number>', 'number of inputs per target', positive, 1000)
  .option('--seed <number>', 'seed of the inputs', whole, 1)
  .option('--only <target>', `only this target (${targetNames.join(', ')})`)
  .addOption(
    new Option('--input <number>', 'only the input with this index; needs --only').argParser(whole).conflicts('inputs'),
  )
  .option('--patience <seconds>', 'time after which an input counts as a hang', positive, 30)
  .action(async ({ inputs, seed, only, input, patience }: Options) => {
    if (only !== undefined && !targetNames.includes(only)) throw unknownName('target', only, targetNames);
    if (input !== undefined && only === undefined) command.error("error: option '--input <number>' needs --only");
    const [from, end] = input === undefined ? [0, inputs] : [input, input + 1];
    if (pillowPython() === undefined) console.log(`Pixels are not compared with Pillow: ${pillowLacks}.`);
    // Ends the children and removes their files, which happens at the exit.
    endOnInterrupt();
    process.on('SIGTERM', () => process.exit(143));
    console.log(row('target', 'inputs', 'values', 'user errors', 'failures', 'seconds'));
    const names = only === undefined ? targetNames : [only];
    const concurrency = Math.max(1, os.availableParallelism());
    const outcomes = await mapConcurrently(names, concurrency, async (name) => {
      const outcome = await supervise({ name, seed, from, end, timeout: patience, failureFolder });
      report(name, seed, end - from, outcome);
      return outcome;
    });
    if (outcomes.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
  });

function report(name: string, seed: number, inputs: number, { values, userErrors, failures, seconds }: Outcome): void {
  console.log(row(name, inputs, values, userErrors, failures.length, seconds.toFixed(1)));
  for (const { at, reason } of failures) {
    console.log(`  input ${at}: ${reason}`);
    console.log(`  Reproduce: npm run -s fuzz -- --seed ${seed} --only ${name} --input ${at}`);
    console.log(`  The input is saved as ${failureFolder}/${name}-${seed}-${at}-…`);
  }
}

function row(target: string, ...columns: readonly (string | number)[]): string {
  const widths = [10, 10, 14, 11, 10];
  return target.padEnd(14) + columns.map((value, i) => String(value).padStart(widths[i]!)).join('');
}

void run(command);
