import { meanOf } from '../statistics/summary';
import { listText } from './sentences';

/** How similar one student is to the teacher, and to the student trained from scratch. */
export interface StudentSimilarity {
  readonly name: string;
  /** Mean CKA over all pairs of layers of student and teacher; null if undefined. */
  readonly teacher: number | null;
  /** Mean CKA of each layer with the same layer of the student from scratch. */
  readonly scratch: number;
}

/** Similarities with the teacher, summarised over layers; null if undefined. */
export interface TeacherSummary {
  readonly mean: number | null;
  /** Mean over layers at equal relative depth. */
  readonly likeDepth: number | null;
  /** Mean over the best matching layers. */
  readonly best: number | null;
}

/** Summarises CKA with the teacher and with the student from scratch, whose values are a square of layers. */
export function studentSimilarity(
  name: string,
  { mean, likeDepth, best }: TeacherSummary,
  scratch: readonly (readonly (number | null)[])[],
): StudentSimilarity & { readonly equalDepth: number | null; readonly best: number | null } {
  const equalLayers = scratch.map((row, layer) => row[layer] ?? 0);
  return { name, teacher: mean, equalDepth: likeDepth, best, scratch: meanOf(equalLayers) };
}

/** A CKA value with three decimals; `undefined` if it is null. */
export function ckaText(value: number | null): string {
  return value?.toFixed(3) ?? 'undefined';
}

/** Does distillation make a student more similar to its teacher? */
export function studentCkaAnswer(
  teacher: string,
  random: StudentSimilarity,
  scratch: StudentSimilarity,
  distilled: readonly StudentSimilarity[],
): string {
  const withTeacher = distilled.map((student) => `${ckaText(student.teacher)} for ${student.name}`);
  const withScratch = distilled.map((student) => `${student.scratch.toFixed(2)} (${student.name})`);
  return (
    `The mean CKA with ${teacher} is ${ckaText(random.teacher)} with random weights, ` +
    `${ckaText(scratch.teacher)} after training from scratch, and ${listText(withTeacher)}. ` +
    'Layer by layer, the CKA with the student from scratch is ' +
    `${listText(withScratch)}. This is one seed, so small differences may be chance.`
  );
}
