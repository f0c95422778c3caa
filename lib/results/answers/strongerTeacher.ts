import { undecidedReason, type Finding } from '../claims/findings';
import type { RecordedRow } from '../tables/recordedRows';
import { conclusion, relation, teacherAccuracies, uncertainty } from './sentences';

/** Is a transformer the better teacher of a CNN? `finding` is that on claim 9; `rows` give the teachers' accuracy. */
export function strongerTeacherAnswer(
  finding: Finding,
  rows: readonly RecordedRow[],
  { transformer, cnn }: { readonly transformer: string; readonly cnn: string },
): string {
  const { effect } = finding;
  if (effect === null) return undecidedReason(finding);
  return (
    `With OFA, a CNN that learns from a transformer is ${relation(effect)} the same CNN with a CNN as its teacher ` +
    `(${uncertainty(finding)}). The teachers themselves differ in top-1, too: ` +
    `${teacherAccuracies(rows, [transformer, cnn])}. ${conclusion(finding)}`
  );
}
