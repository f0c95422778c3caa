import path from 'node:path';
import { Command, Option } from 'commander';
import { csv } from '../lib/io/csv';
import { findings, findingsMarkdown, findingsRows } from '../lib/results/claims/findings';
import { run } from './cli/run';

interface Options {
  readonly results: string;
  readonly markdown?: true;
  readonly csv?: true;
}

/** `npm run -s claims`: tests the paper's claims on our records; prints one JSON object per line. */
const command = new Command('npm run -s claims --')
  .description(
    'Tests each claim of the paper on our records. Prints the verdict, the effect, its 95 % confidence interval over ' +
      'seeds and the number of seeds, one JSON object per line.',
  )
  .option('--results <folder>', 'folder of the records', path.join('data', 'results'))
  .option('--markdown', 'print a Markdown table instead')
  .addOption(new Option('--csv', 'print CSV instead').conflicts('markdown'))
  .action(async ({ results, markdown, csv: asCsv }: Options) => {
    const all = await findings(results);
    if (asCsv) console.log(csv(findingsRows(all)));
    else console.log(markdown ? findingsMarkdown(all) : all.map((finding) => JSON.stringify(finding)).join('\n'));
  });

void run(command);
