import type { CsvRow } from '../../io/csv';
import { methodName } from '../methodName';
import { commitText, type RunRecord } from '../records/record';
import { groupBy } from '../statistics/groupBy';
import { meanText, seedsText, summary } from '../statistics/summary';

/** One line of an experiment's table: all seeds of one row. */
export interface TableRow {
  readonly row: string;
  readonly teacher: string;
  readonly student: string;
  readonly method: string;
  /** After the last epoch: mean, standard deviation and number of seeds. */
  readonly 'top-1 (%)': string;
  readonly 'best epoch': string;
  readonly epochs: number | null;
  readonly images: number | null;
  readonly commit: string;
}

/** The table of an experiment: one line for each of its rows, including those without a record. */
export function experimentTable(rows: readonly string[], records: readonly RunRecord[]): TableRow[] {
  const runsByRow = groupBy(records, ({ row }) => row);
  return rows.map((row) => tableRow(row, runsByRow.get(row) ?? []));
}

/** The same as rows of plain values; those of rows without a record are empty. Top-1 is in per cent. */
export function experimentRows(rows: readonly string[], records: readonly RunRecord[]): CsvRow[] {
  const runsByRow = groupBy(records, ({ row }) => row);
  return rows.map((row) => {
    const runs = runsByRow.get(row) ?? [];
    const [first] = runs;
    const top1 = first && summary(runs.map((run) => run.top1));
    return {
      ...{ row, teacher: first?.teacher, teacherTop1: first?.teacherTop1, student: first?.student },
      ...{ method: first?.method, top1: top1?.mean, top1Std: top1?.std, seeds: runs.length },
      bestTop1: first && summary(runs.map(({ bestTop1 }) => bestTop1)).mean,
      ...{ epochs: first?.epochs, images: first?.images, commits: [...new Set(runs.map(commitText))].join(' ') },
    };
  });
}

function tableRow(row: string, runs: readonly RunRecord[]): TableRow {
  const [first] = runs;
  if (first === undefined) return emptyRow(row);
  const teacherTop1 = first.teacherTop1 === undefined ? '' : ` (${first.teacherTop1.toFixed(2)} %)`;
  return {
    row,
    teacher: first.teacher === null ? '–' : first.teacher + teacherTop1,
    student: first.student,
    method: methodName(first.method),
    'top-1 (%)': `${meanText(summary(runs.map(({ top1 }) => top1)))} (${seedsText(runs.length)})`,
    'best epoch': summary(runs.map(({ bestTop1 }) => bestTop1)).mean.toFixed(2),
    epochs: first.epochs,
    images: first.images,
    commit: [...new Set(runs.map(commitText))].join(' '),
  };
}

function emptyRow(row: string): TableRow {
  return {
    row,
    teacher: '',
    student: '',
    method: '',
    'top-1 (%)': 'not recorded yet',
    'best epoch': '',
    epochs: null,
    images: null,
    commit: '',
  };
}
