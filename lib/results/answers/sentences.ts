import { decimal, undecidedReason, type Finding } from '../claims/findings';
import type { RecordedRow } from '../tables/recordedRows';
import { seedsText } from '../statistics/summary';

/** `0.76 points below`, `1.20 points above` or `level with`, for a difference in points. */
export function relation(difference: number): string {
  const size = decimal(Math.abs(difference));
  if (size === '0.00') return 'level with';
  return `${size} points ${difference > 0 ? 'above' : 'below'}`;
}

/** The uncertainty of an effect: `95 % interval [0.80, 1.60], 3 seeds`, or `1 seed`. */
export function uncertainty({ low, high, seeds }: Pick<Finding, 'low' | 'high' | 'seeds'>): string {
  const interval = low === null || high === null ? '' : `95 % interval [${decimal(low)}, ${decimal(high)}], `;
  return interval + seedsText(seeds);
}

/** Whether a claim holds, as the last sentence of an answer. */
export function conclusion(finding: Finding): string {
  switch (finding.verdict) {
    case 'holds':
      return 'The claim holds in our records.';
    case 'does not hold':
      return 'The claim does not hold in our records.';
    case 'undecided at this scale':
      return `This does not decide the claim. ${undecidedReason(finding)}`;
  }
}

/** A list in prose: `a`, `a and b`, `a, b and c`. */
export function listText(items: readonly string[]): string {
  const [last = '', ...rest] = [...items].reverse();
  return rest.length === 0 ? last : `${rest.reverse().join(', ')} and ${last}`;
}

/** The top-1 of teachers as their students' records state it: `vit_96 47.6 % and resnet_24 62.8 %`. */
export function teacherAccuracies(rows: readonly RecordedRow[], teachers: readonly string[]): string {
  const runs = rows.flatMap((row) => row.runs);
  const texts = teachers.map((teacher) => {
    const top1 = runs.find((run) => run.teacher === teacher && run.teacherTop1 !== undefined)?.teacherTop1;
    return `${teacher} ${top1 === undefined ? '(not recorded)' : `${top1.toFixed(1)} %`}`;
  });
  return listText(texts);
}
