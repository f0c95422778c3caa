import type { MethodInput } from '../methods/methods';
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
export const crossFamilyPairs: readonly Pair[] = families.flatMap((studentFamily) =>
  families
    .filter((teacherFamily) => teacherFamily !== studentFamily)
    .map((teacherFamily) => ({ teacher: teacherFamily, student: studentFamily })),
);

/** Each family's student with the teacher of its own family. */
export const sameFamilyPairs: readonly Pair[] = families.map((family) => ({ teacher: family, student: family }));

/** Three cross-family pairs in which each family is once the teacher and once the student. */
export const cyclePairs: readonly Pair[] = [
  { teacher: 'cnn', student: 'transformer' },
  { teacher: 'transformer', student: 'mlp' },
  { teacher: 'mlp', student: 'cnn' },
];

/** Two pairs for ablations: a CNN and a transformer, each as the teacher of the other. */
export const ablationPairs: readonly Pair[] = [
  { teacher: 'cnn', student: 'transformer' },
  { teacher: 'transformer', student: 'cnn' },
];

/** The methods of the main tables, with the options of the laptop profile. */
export const mainMethods = {
  kd: { kind: 'kd' },
  ofa: { kind: 'ofa', exponent: 1.2 },
  rsd: { kind: 'rsd' },
} as const satisfies Readonly<Record<string, MethodInput>>;

/** The name of a pair in the names of rows, such as `resnet_24-vit_64`. */
export const pairName = (pair: Pair): string => `${teachers[pair.teacher].model}-${students[pair.student]}`;

/** The row of a pair with a method, named such as `resnet_24-vit_64-kd`. */
export function distilledRow(pair: Pair, name: string, method: MethodInput, changes?: Changes): Row {
  return {
    name: `${pairName(pair)}-${name}`,
    recipe: student(pair.student, pair.teacher, method, changes),
  };
}

/** The row of a student trained from scratch, named such as `vit_64-scratch`. */
export function scratchRow(family: Family): Row {
  return { name: `${students[family]}-scratch`, recipe: student(family, null, { kind: 'scratch' }) };
}
