import { undecidedReason, type Finding } from '../claims/findings';
import { conclusion, relation, uncertainty } from './sentences';

/** Does OFA keep up when teacher and student are of one family? `finding` is that on claim 8. */
export function sameFamilyAnswer(finding: Finding): string {
  const { effect, label, comparisons } = finding;
  if (effect === null) return undecidedReason(finding);
  const baseline = label.replace(/^minus /, '');
  return (
    `With teachers of the student’s own family, OFA is on average ${relation(effect)} the best baseline we ran ` +
    `(${baseline}; ${comparisons.recorded} pairs, ${uncertainty(finding)}). ${conclusion(finding)}`
  );
}
