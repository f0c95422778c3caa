import { decimal, undecidedReason, type Finding } from '../claims/findings';
import { seedsText } from '../statistics/summary';

/**
 * One or two sentences on a claim of the form "this setting beats every other one". `claim` states it as a sentence
 * without its full stop; `other` names what it is compared with, such as `another method`.
 */
export function claimSentence(finding: Finding, claim: string, other: string): string {
  const { verdict, effect, label } = finding;
  const statement = `“${claim}”`;
  if (effect === null) return `Undecided: no run that bears on ${statement} is recorded yet.`;
  const opening = {
    holds: `Yes: ${statement} holds in our runs.`,
    'does not hold': `No: ${statement} does not hold in our runs.`,
    'undecided at this scale': `Our runs do not decide ${statement}. ${undecidedReason(finding)}`,
  }[verdict];
  const where = label === '' ? other : `${other} (${label})`;
  const difference = `${decimal(Math.abs(effect))} points ${effect < 0 ? 'better' : 'worse'}`;
  return `${opening} In the least favourable comparison, ${where} is ${difference} (${certainty(finding)}).`;
}

/** `95 % interval of the difference [−3.20, −1.85], 3 seeds`, or `1 seed`. */
function certainty({ low, high, seeds }: Finding): string {
  if (low === null || high === null) return seedsText(seeds);
  return `95 % interval of the difference [${decimal(low)}, ${decimal(high)}], ${seedsText(seeds)}`;
}
