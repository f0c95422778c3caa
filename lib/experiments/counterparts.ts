import type { Experiment, Row } from './experiment';
import { students, teachers } from './laptop';
import { families, networks, paperCifar100, paperImageNet, type Network } from './paper';
import { gpuHours } from './paperCost';

/** A row of the paper's own size: nothing of it has been run by us. */
export interface PaperScale {
  readonly experiment: string;
  readonly row: Row;
  readonly command: string;
  /** Hours of one GPU that a seed is estimated to take; undefined where the networks were not counted. */
  readonly hours: number | undefined;
}

const tables = { cifar100: paperCifar100, imagenet: paperImageNet } as const;

/** The methods by the names of their columns: those of the published tables, and two that are not in the paper's. */
export const columns = {
  scratch: 'scratch',
  FitNet: 'fitnet',
  CC: 'correlation',
  RKD: 'rkd',
  CRD: 'crd',
  KD: 'kd',
  DKD: 'dkd',
  DIST: 'dist',
  OFA: 'ofa',
  RSD: 'rsd',
  BKD: 'bkd',
} as const;
export type Column = keyof typeof columns;

/** What stands for a published pair at the laptop's size: the small networks of the same families. Its numbers can be compared in order only. */
export function laptopPair(
  teacher: string,
  student: string,
): { readonly teacher: string; readonly student: string } | undefined {
  if (!isNetwork(teacher) || !isNetwork(student)) return undefined;
  return { teacher: teachers[families[teacher]].model, student: students[families[student]] };
}

/** The row of the paper's own size for a cell of a published table, the command that runs it, and its cost. */
export function paperScale(
  table: keyof typeof tables,
  teacher: string,
  student: string,
  column: string,
): PaperScale | undefined {
  if (!isNetwork(teacher) || !isNetwork(student) || !isColumn(column)) return undefined;
  const experiment = tables[table];
  const kind = columns[column];
  const row = experiment.rows.paper.find(
    ({ recipe }) =>
      recipe.student === networks[student] &&
      (recipe.method?.kind ?? 'scratch') === kind &&
      (kind === 'scratch' || recipe.teacher?.model === networks[teacher]),
  );
  return row && atPaperScale(experiment, row);
}

/** A row of an experiment at the paper's size, with its command and cost. */
export function atPaperScale({ name }: Experiment, row: Row): PaperScale {
  return {
    experiment: name,
    row,
    command: `npm run experiment -- run ${name} --rows ${row.name} --seeds 0 --profile paper`,
    hours: gpuHours(row.recipe, row.recipe.data.name === 'cifar-100' ? 'cifar-100' : 'imagenet'),
  };
}

/** Whether a column's name is one of ours. */
function isColumn(name: string): name is Column {
  return Object.hasOwn(columns, name);
}

function isNetwork(name: string): name is Network {
  return Object.hasOwn(networks, name);
}
