import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { mainMethods } from '../lib/experiments/pairs';
import { writeAtomic } from '../lib/io/atomic';
import { withMarkedBlock } from '../lib/io/marked';
import { findings, ledgerMarkdown } from '../lib/results/findings';
import { run } from './cli/run';

interface Options {
  readonly results: string;
  readonly markdown?: boolean;
  readonly update?: readonly string[];
}

/** npm run -s claims: the paper's claims and what our records say of each, one JSON object a line. */
const command = new Command('npm run -s claims --')
  .description('Prints each claim of the paper with our verdict, effect in points of top-1, 95 % interval over seeds, and number of seeds.')
  .option('--results <folder>', 'where the records are', path.join('data', 'results'))
  .option('--markdown', 'prints a table in Markdown instead')
  .option('--update <files...>', 'writes that table into files, between the lines <!-- claims --> and <!-- /claims -->')
  .action(async ({ results, markdown = false, update = [] }: Options) => {
    const all = await findings(results, mainMethods.ofa.exponent);
    for (const file of update) {
      await writeAtomic(file, withMarkedBlock(await readFile(file, 'utf8'), 'claims', ledgerMarkdown(all)));
      console.log(`${file}: the ledger of claims is up to date.`);
    }
    if (update.length > 0) return;
    console.log(markdown ? ledgerMarkdown(all) : all.map((finding) => JSON.stringify(finding)).join('\n'));
  });

void run(command);
