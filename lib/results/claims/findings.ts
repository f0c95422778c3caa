import path from 'node:path';
import { ledger, type Finding } from './claims';
import { recordsIn } from '../records/recordedRows';
import { savedNumbers } from '../records/savedValues';
import { readSimilarities } from '../records/similarityRecord';

/** Every claim of the paper, weighed by the records of a folder and the students saved in another. */
export async function findings(
  results: string,
  exponent: number,
  weights = path.join('data', 'weights'),
): Promise<readonly Finding[]> {
  const [runs, similarities, saved] = [
    await recordsIn(results),
    await readSimilarities(path.join(results, 'similarity', 'cka.jsonl')),
    await savedNumbers(weights),
  ];
  return ledger({ runs, similarities, exponent, saved });
}

/** One of them, by its number. */
export async function findingOf(claim: number, results: string, exponent: number): Promise<Finding> {
  return (await findings(results, exponent))[claim - 1]!;
}

/** An effect in figures, with its interval and seeds: `+1.20 [0.80, 1.60], 3 seeds`. */
export function effectText({ effect, low, high, seeds, of, records }: Finding): string {
  if (effect === null) return records.length > 0 ? 'no seed in common yet' : 'not recorded yet';
  const interval = low === null || high === null ? '' : ` [${minus(low)}, ${minus(high)}]`;
  return `${signed(effect)}${interval}, ${seeds} seed${seeds === 1 ? '' : 's'}${of === undefined ? '' : ` (${of})`}`;
}

/** A finding as the answer of a page. */
export function findingText(finding: Finding): string {
  const { verdict, text, test } = finding;
  return `The claim “${text}” ${verdict === 'undecided at this scale' ? `is ${verdict}` : verdict}. Our test: ${test}. The effect: ${effectText(finding)}.`;
}

/** The ledger as a table in Markdown. */
export function ledgerMarkdown(all: readonly Finding[]): string {
  const cells = all.map((one) => [String(one.claim), one.text, one.test, effectText(one), `**${one.verdict}**`]);
  return [
    ['', 'the paper’s claim', 'our test', 'effect [95 % interval]', 'verdict'],
    ['---', '---', '---', '---', '---'],
    ...cells,
  ]
    .map((row) => `| ${row.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`)
    .join('\n');
}

function signed(value: number): string {
  const text = minus(value);
  return value > 0 && text !== '0.00' ? `+${text}` : text;
}

/** With a minus sign in place of a hyphen, and none before zero. */
function minus(value: number): string {
  const text = value.toFixed(2);
  return text === '-0.00' ? '0.00' : text.replace('-', '−');
}
