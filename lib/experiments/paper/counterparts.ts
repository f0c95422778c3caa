import type { Experiment, Row } from '../experiment';
import { students, teachers } from '../laptop';
import { families, networks, paperCifar100, paperImageNet, type Network } from './paper';
import { gpuHours } from './paperCost';

/** A row at the paper's own size. None has been run by this project. */
export interface PaperScale {
  readonly experiment: string;
  readonly row: Row;
  readonly command: string;
  /** Estimated hours of one GPU for one seed; undefined for networks whose multiply-adds were not counted. */
  readonly hours: number | undefined;
}

const tables = { cifar100: paperCifar100, imagenet: paperImageNet } as const;

/** The kind of each method by its column: the published columns, and RSD and BKD, which the paper does not have. */
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

/** OFA and the methods after it, as columns of our own table: each name, and the name by which its rows are found. */
export const laterColumns = {
  OFA: 'ofa',
  RSD: 'rsd',
  TTM: 'ttm',
  WTTM: 'wttm',
  RLD: 'rld',
  SRD: 'srd',
  SPOFA: 'spofa',
  'KD, standardised': 'kd-standardised',
  'DKD, standardised': 'dkd-standardised',
} as const;

/**
 * The small networks of the laptop profile from the families of a published pair; undefined for unknown networks. Only
 * the order of methods can be compared between the two sizes.
 */
export function laptopPair(
  teacher: string,
  student: string,
): { readonly teacher: string; readonly student: string } | undefined {
  if (!isNetwork(teacher) || !isNetwork(student)) return undefined;
  return { teacher: teachers[families[teacher]].model, student: students[families[student]] };
}

/**
 * The row for a cell of a published table at the paper's size, its command and its cost; undefined if there is no such
 * row.
 */
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

/** Whether this project has the method of a column. */
function isColumn(name: string): name is Column {
  return Object.hasOwn(columns, name);
}

function isNetwork(name: string): name is Network {
  return Object.hasOwn(networks, name);
}
