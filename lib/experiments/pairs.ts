import type { Family } from '../models/model';
import type { Row } from './experiment';
import { student, students, teachers, type Changes } from './laptop';

/** The families of teacher and student in the laptop profile. */
export interface Pair {
  readonly teacher: Family;
  readonly student: Family;
}

const families: readonly Family[] = ['cnn', 'transformer', 'mlp'];

/** Each family's student with the teachers of the other two. */
export const crossFamilyPairs: readonly Pair[] = families.flatMap((student) =>
  families.filter((teacher) => teacher !== student).map((teacher) => ({ teacher, student })),
);

/** Each family's student with the teacher of its own. */
export const likeFamilyPairs: readonly Pair[] = families.map((family) => ({ teacher: family, student: family }));

/** Three cross-family pairs in which each family is the teacher once and the student once. */
export const cyclePairs: readonly Pair[] = [
  { teacher: 'cnn', student: 'transformer' },
  { teacher: 'transformer', student: 'mlp' },
  { teacher: 'mlp', student: 'cnn' },
];

/** The two pairs of ablations: a CNN teacher with a transformer student, and the reverse. */
export const ablationPairs: readonly Pair[] = [
  { teacher: 'cnn', student: 'transformer' },
  { teacher: 'transformer', student: 'cnn' },
];

/** The methods that are run for every pair, with the options of the laptop profile. */
export const mainMethods = { kd: { kind: 'kd' }, ofa: { kind: 'ofa', exponent: 1.2 }, rsd: { kind: 'rsd' } } as const;

/** Returns the row of a pair with a method, named like `resnet_24-vit_64-kd`. */
export function pairRow(pair: Pair, name: string, method: Row['recipe']['method'], changes?: Changes): Row {
  return {
    name: `${teachers[pair.teacher].model}-${students[pair.student]}-${name}`,
    recipe: student(pair.student, pair.teacher, method, changes),
  };
}

/** Returns the row of a student from scratch, named like `vit_64-scratch`. */
export function scratchRow(family: Family): Row {
  return { name: `${students[family]}-scratch`, recipe: student(family, null, { kind: 'scratch' }) };
}
