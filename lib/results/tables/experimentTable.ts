import { groupBy } from '../statistics/groupBy';
import type { RunRecord } from '../records/record';
import { commitText } from '../records/record';
import { formatSummary, summary } from '../statistics/summary';

/** A line of an experiment's table: the seeds of one row together. */
export interface TableRow {
  readonly row: string;
  readonly teacher: string;
  readonly student: string;
  readonly method: string;
  /** Of the last epoch; mean and spread over seeds. */
  readonly 'top-1 (%)': string;
  readonly 'best epoch': string;
  readonly epochs: number | null;
  readonly images: number | null;
  readonly commit: string;
}

/** The table of an experiment: a line for each of its rows, also for those without a record. */
export function experimentTable(rows: readonly string[], records: readonly RunRecord[]): TableRow[] {
  const found = groupBy(records, ({ row }) => row);
  return rows.map((row) => {
    const runs = found.get(row);
    const first = runs?.[0];
    if (!runs || !first)
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
    const taught = first.teacherTop1 === undefined ? '' : ` (${first.teacherTop1.toFixed(2)} %)`;
    return {
      row,
      teacher: first.teacher === null ? '–' : first.teacher + taught,
      student: first.student,
      method: first.method,
      'top-1 (%)': formatSummary(summary(runs.map(({ top1 }) => top1))),
      'best epoch': summary(runs.map(({ bestTop1 }) => bestTop1)).mean.toFixed(2),
      epochs: first.epochs,
      images: first.images,
      commit: [...new Set(runs.map(commitText))].join(' '),
    };
  });
}
