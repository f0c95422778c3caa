import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { calibratedAnswer, calibratedFamilies } from '../lib/results/answers/calibratedCka';
import { findings, findingsMarkdown } from '../lib/results/claims/findings';
import { readCalibrated } from '../lib/results/records/calibratedRecord';
import { performanceBlocks } from './bench/tables';
import { readComparisons } from './bench/comparisons';
import { run } from './cli/run';
import { claimSummary } from './readme/claimSummary';
import { notebookMap, type Language } from './readme/notebookMap';
import { withBlocks } from './readme/withBlocks';

/** A page with generated blocks, and the language of these blocks. */
interface Page {
  readonly file: string;
  readonly language: Language;
}

export const readmes: Readonly<Record<Language, string>> = { en: 'README.md', ko: 'README.ko.md' };

/** Every page with generated blocks. */
export const pages: readonly Page[] = [
  { file: readmes.en, language: 'en' },
  { file: readmes.ko, language: 'ko' },
  { file: 'docs/claims.md', language: 'en' },
  { file: 'docs/performance.md', language: 'en' },
];

/** All generated blocks in one language, by name. */
export async function blocks(language: Language): Promise<Record<string, string>> {
  const all = await findings(path.join('data', 'results'));
  return {
    notebooks: notebookMap(language),
    summary: claimSummary(all, language),
    claims: findingsMarkdown(all),
    calibrated: calibratedAnswer(calibratedFamilies(await readCalibrated())),
    ...performanceBlocks(readComparisons()),
  };
}

if (require.main === module) {
  void run(
    new Command('npm run readme')
      .description(`Updates the generated blocks of ${pages.map(({ file }) => file).join(', ')}.`)
      .action(async () => {
        for (const { file, language } of pages)
          writeFileSync(file, withBlocks(readFileSync(file, 'utf8'), await blocks(language)));
      }),
  );
}
