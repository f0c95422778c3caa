import type { Finding } from '../claims/findings';
import { listText } from './sentences';

const phrases = {
  holds: ['holds', 'hold'],
  'does not hold': ['does not hold', 'do not hold'],
  'undecided at this scale': ['is undecided at this scale', 'are undecided at this scale'],
} as const;

/** Which of the paper's claims hold? `runCount` is the number of recorded runs, whether or not a claim uses them. */
export function claimsAnswer(findings: readonly Finding[], runCount: number): string {
  const parts = Object.entries(phrases).flatMap(([verdict, [singular, plural]]) => {
    const claims = findings.filter((finding) => finding.verdict === verdict).map(({ claim }) => claim);
    if (claims.length === 0) return [];
    return [`${claims.length} ${claims.length === 1 ? singular : plural} (${claims.join(', ')})`];
  });
  return `Of the paper’s ${findings.length} claims, ${listText(parts)}. ${runCount} runs are recorded.`;
}

/** A finding's text for the axis of a chart: the number and the claim. */
export function claimLabel({ claim, text }: Finding): string {
  return `${claim}. ${text}`;
}
