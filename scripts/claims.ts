import path from 'node:path';
import { Command } from 'commander';
import { mainMethods } from '../lib/experiments/pairs';
import { findings, ledgerMarkdown } from '../lib/results/claims/findings';
import { run } from './cli/run';

interface Options {
  readonly results: string;
  readonly markdown?: boolean;
}

/** npm run -s claims: the paper's claims and what our records say of each, one JSON object a line. */
const command = new Command('npm run -s claims --')
  .description(
    'Prints each claim of the paper with our verdict, effect in points of top-1, 95 % interval over seeds, and number of seeds.',
  )
  .option('--results <folder>', 'where the records are', path.join('data', 'results'))
  .option('--markdown', 'prints a table in Markdown instead, as the README shows it')
  .action(async ({ results, markdown = false }: Options) => {
    const all = await findings(results, mainMethods.ofa.exponent);
    console.log(markdown ? ledgerMarkdown(all) : all.map((finding) => JSON.stringify(finding)).join('\n'));
  });

void run(command);
