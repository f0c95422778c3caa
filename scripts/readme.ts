import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { UserError } from '../lib/errors';
import { mainMethods } from '../lib/experiments/pairs';
import { findings, ledgerMarkdown } from '../lib/results/claims/findings';
import { readComparisons } from './bench/comparisons';
import { stepTable } from './bench/table';
import { run } from './cli/run';
import { notebookMap, type Language } from './readme/map';

export const readmes: Readonly<Record<Language, string>> = { en: 'README.md', ko: 'README.ko.md' };

/** A README with the blocks between `<!-- NAME -->` and `<!-- /NAME -->` made anew. Throws UserError where a block is not closed. */
export function renewed(text: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((readme, [name, content]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [start, end] = [readme.indexOf(open), readme.indexOf(close)];
    if (start < 0 && end < 0) return readme;
    if (start < 0 || end < start)
      throw new UserError(`The README's block "${name}" must stand between ${open} and ${close}.`);
    return `${readme.slice(0, start + open.length)}\n\n${content.trim()}\n\n${readme.slice(end)}`;
  }, text);
}

/** What stands in the blocks: the map of the notebooks, the ledger of claims, and the training steps beside PyTorch. */
export async function blocks(language: Language): Promise<Record<string, string>> {
  const all = await findings(path.join('data', 'results'), mainMethods.ofa.exponent);
  return { notebooks: notebookMap(language), claims: ledgerMarkdown(all), performance: stepTable(readComparisons()) };
}

if (require.main === module) {
  void run(
    new Command('npm run readme')
      .description('Renews what is generated in README.md and README.ko.md.')
      .action(async () => {
        for (const [language, file] of [
          ['en', readmes.en],
          ['ko', readmes.ko],
        ] as const)
          writeFileSync(file, renewed(readFileSync(file, 'utf8'), await blocks(language)));
      }),
  );
}
