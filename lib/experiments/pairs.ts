import type { Family } from '../models/model';
import type { Row } from './experiment';
import { student, students, teachers, type Changes } from './laptop';

/** Who teaches whom in the laptop profile. */
export interface Pair {
  readonly teacher: Family;
  readonly student: Family;
}

const families: readonly Family[] = ['cnn', 'transformer', 'mlp'];

/** Each family's student with the teachers of the other two. */
export const crossFamilyPairs: readonly Pair[] = families.flatMap((learner) =>
  families.filter((teacher) => teacher !== learner).map((teacher) => ({ teacher, student: learner })),
);

/** Each family's student with the teacher of its own. */
export const likeFamilyPairs: readonly Pair[] = families.map((family) => ({ teacher: family, student: family }));

/** Three cross-family pairs in which each network teaches once and learns once. */
export const cyclePairs: readonly Pair[] = [
  { teacher: 'cnn', student: 'transformer' },
  { teacher: 'transformer', student: 'mlp' },
  { teacher: 'mlp', student: 'cnn' },
];

/** Two pairs for ablations: a CNN teaches a transformer, and the other way round. */
export const ablationPairs: readonly Pair[] = [
  { teacher: 'cnn', student: 'transformer' },
  { teacher: 'transformer', student: 'cnn' },
];

/** The methods that every pair is measured with, as the laptop profile sets them. */
export const mainMethods = { kd: { kind: 'kd' }, ofa: { kind: 'ofa', exponent: 1.2 }, rsd: { kind: 'rsd' } } as const;

/** The row of a pair with a method, named `resnet_24-vit_64-kd`. */
export function taught(pair: Pair, name: string, method: Row['recipe']['method'], changes?: Changes): Row {
  return {
    name: `${teachers[pair.teacher].model}-${students[pair.student]}-${name}`,
    recipe: student(pair.student, pair.teacher, method, changes),
  };
}

/** The row of a student that learns from labels alone, named `vit_64-scratch`. */
export function alone(family: Family): Row {
  return { name: `${students[family]}-scratch`, recipe: student(family, null, { kind: 'scratch' }) };
}
