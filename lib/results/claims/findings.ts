import path from 'node:path';
import type { CsvRow } from '../../io/csv';
import { mainMethods } from '../../experiments/pairs';
import { isHeldOut } from '../records/heldOut';
import { recordsIn } from '../records/readRecords';
import { savedValuesIn } from '../records/savedValues';
import { readSimilarities } from '../records/similarityRecord';
import { claims, type Claim } from './claims';
import type { Evidence } from './contrasts';
import { judge, minSeeds, type Judgement } from './judge';

/** A claim of the paper with the verdict of our records. */
export interface Finding extends Judgement {
  /** Position in the list of the paper's claims, counted from 1. */
  readonly claim: number;
  readonly text: string;
  readonly test: string;
  readonly unit: NonNullable<Claim['unit']> | 'points';
}

/** Tests every claim of the paper on the evidence. Runs of a search, which saw no test images, do not count. */
export function testClaims(evidence: Evidence): Finding[] {
  const tested = { ...evidence, runs: evidence.runs.filter((run) => !isHeldOut(run)) };
  return claims.map(({ text, test, unit, contrasts, rule, required }, index) => ({
    claim: index + 1,
    text,
    test,
    unit: unit ?? 'points',
    ...judge(contrasts(tested), rule, required),
  }));
}

/** Tests every claim on the records of a folder and on the students saved in `weights`. */
export async function findings(
  results: string,
  exponent: number = mainMethods.ofa.exponent,
  weights = path.join('data', 'weights'),
): Promise<readonly Finding[]> {
  const runs = await recordsIn(results);
  const similarities = await readSimilarities(path.join(results, 'similarity', 'cka.jsonl'));
  const savedValues = await savedValuesIn(weights);
  return testClaims({ runs, similarities, exponent, savedValues });
}

/** The finding on one claim, by its number. */
export async function findingOf(claim: number, results: string): Promise<Finding> {
  return (await findings(results))[claim - 1]!;
}

/** The effect with its interval and its unit, unless that is points: `+1.20 [0.80, 1.60]`. */
export function effectText({ effect, low, high, unit, records }: Finding): string {
  if (effect === null) return records.length > 0 ? 'no shared seed yet' : 'not recorded yet';
  const interval = low === null || high === null ? '' : ` [${decimal(low)}, ${decimal(high)}]`;
  return signed(effect) + interval + (unit === 'points' ? '' : ` ${unit}`);
}

/** Which comparison the effect is of: `vit_96 → mixer_64, KD; worst of 24; the claim is about 42`. */
export function comparisonText({ effect, label, shown, comparisons }: Finding): string {
  if (effect === null) return '';
  const { recorded, weighed, required } = comparisons;
  const among =
    weighed < recorded ? `${weighed} with at least ${minSeeds} seeds (${recorded} recorded)` : `${recorded}`;
  const isIncomplete = recorded < required;
  const parts = [
    label,
    recorded > 1 || isIncomplete ? `${shown} of ${among}` : '',
    isIncomplete ? `the claim is about ${required}` : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** Why a claim is undecided, as a sentence; empty if it is decided. */
export function undecidedReason({ verdict, effect, seeds, records, comparisons }: Finding): string {
  if (verdict !== 'undecided at this scale') return '';
  if (effect === null)
    return records.length === 0 ? 'No run that bears on it is recorded yet.' : 'Its comparisons share no seed yet.';
  if (seeds < minSeeds) return `A verdict needs at least ${minSeeds} seeds.`;
  const { recorded, required } = comparisons;
  if (recorded < required) return `Only ${recorded} of the ${required} comparisons are recorded.`;
  return 'The data are compatible with both answers.';
}

/** All findings as rows of plain values, for tables of your own. */
export function findingsRows(all: readonly Finding[]): CsvRow[] {
  return all.map((finding) => {
    const { claim, text, test, verdict, effect, low, high, unit, seeds, comparisons, records } = finding;
    const { recorded, weighed, required } = comparisons;
    return {
      ...{ claim, text, test, verdict, effect, low, high, unit, seeds, comparison: comparisonText(finding) },
      ...{ recorded, weighed, required, records: records.join(' ') },
    };
  });
}

/** All findings as a Markdown table. */
export function findingsMarkdown(all: readonly Finding[]): string {
  const head = ['', 'the paper’s claim', 'our test', 'effect [95 % interval]', 'seeds', 'comparison', 'verdict'];
  const rows = all.map((finding) => [
    String(finding.claim),
    finding.text,
    finding.test,
    effectText(finding),
    String(finding.seeds),
    comparisonText(finding),
    `**${finding.verdict}**`,
  ]);
  return [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`)
    .join('\n');
}

/** Two decimals with the sign, also of positive values: `+0.41`, `−0.41`, `0.00`. */
export function signed(value: number): string {
  const text = decimal(value);
  return value > 0 && text !== '0.00' ? `+${text}` : text;
}

/** Two decimals, with a minus sign instead of a hyphen, and no sign for a rounded zero. */
export function decimal(value: number): string {
  const text = value.toFixed(2);
  return text === '-0.00' ? '0.00' : text.replace('-', '−');
}
