import { columns, laptopPair, paperScale } from '../../experiments/paper/counterparts';
import type { Finding } from '../claims/findings';
import { publishedCells, type PublishedTable } from '../published';
import { coverageText, findRow, pairText, type Pair, type RecordedRow } from '../tables/recordedRows';
import { meanOf } from '../statistics/summary';
import type { Comparison } from '../tables/comparison';
import { claimSentence } from './claimSentence';

/** A published difference for each pair of a table, as `forest` draws it. */
export interface PublishedGains {
  readonly name: string;
  readonly effects: readonly { readonly label: string; readonly value: number; readonly hollow: boolean }[];
}

/** The small pairs that stand for the published ones, each once. */
export function laptopPairs({ rows }: PublishedTable): Pair[] {
  const pairs = rows.flatMap(({ teacher, student }) => laptopPair(teacher, student) ?? []);
  return [...new Map(pairs.map((pair) => [pairText(pair), pair])).values()];
}

/** Published gains of some methods over training from scratch. Unverified numbers are hollow. */
export function publishedGains({ rows }: PublishedTable, methods: readonly string[]): PublishedGains[] {
  return methods.map((name) => ({
    name,
    effects: rows.flatMap(({ teacher, student, student_top1: alone, methods: { [name]: cell } }) =>
      cell
        ? [{ label: pairText({ teacher, student }), value: cell.value - alone.value, hollow: isUnverified(cell) }]
        : [],
    ),
  }));
}

/** Published differences between OFA and some other methods. They are hollow if the other number is unverified. */
export function publishedMargins({ rows }: PublishedTable, methods: readonly string[]): PublishedGains[] {
  return methods.map((name) => ({
    name: `OFA − ${name}`,
    effects: rows.flatMap(({ teacher, student, methods: { OFA: ofa, [name]: cell } }) =>
      ofa && cell
        ? [{ label: pairText({ teacher, student }), value: ofa.value - cell.value, hollow: isUnverified(cell) }]
        : [],
    ),
  }));
}

/** Every published cell beside our row at the laptop's scale, if there is one, and the recipe at the paper's scale. */
export function tableComparisons(
  name: 'cifar100' | 'imagenet',
  table: PublishedTable,
  rows: readonly RecordedRow[] = [],
): Comparison[] {
  return table.rows.flatMap((row) => {
    const { teacher, student } = row;
    const pair = laptopPair(teacher, student);
    return publishedCells(row).map(([column, published]) => {
      const ours = pair && isColumn(column) ? findRow(rows, pair, columns[column]) : undefined;
      const paper = paperScale(name, teacher, student, column);
      return {
        label: `${pairText({ teacher, student })}, ${column}`,
        published,
        ...(ours && { ours }),
        ...(paper && { paper }),
      };
    });
  });
}

/** The estimated cost of one seed of every row of a table at the paper's scale. */
export function tableCost(comparisons: readonly Comparison[]): { readonly runs: number; readonly gpuDays: number } {
  const hours = new Map(comparisons.flatMap(({ paper }) => (paper ? [[paper.row.name, paper.hours ?? 0]] : [])));
  const total = [...hours.values()].reduce((sum, one) => sum + one, 0);
  return { runs: hours.size, gpuDays: Math.round(total / 24) };
}

/** The answer of notebook 8: whether OFA beats every baseline, and on how many pairs it is best. */
export function cifar100Answer(finding: Finding, rows: readonly RecordedRow[], pairs: readonly Pair[]): string {
  const rankings = pairs.map((pair) => ranking(rows, pair)).filter((methods) => methods.includes('ofa'));
  const won = rankings.filter(([best]) => best === 'ofa').length;
  return [
    claimSentence(finding, 'OFA beats every baseline on each pair', 'the baseline'),
    ...(rankings.length > 0 ? [`OFA has the highest mean on ${won} of ${rankings.length} pairs.`] : []),
    coverageText(rows),
  ].join(' ');
}

/** The answer of notebook 9. */
export function imageNetAnswer(finding: Finding, gpuDays: number): string {
  if (finding.effect !== null)
    return claimSentence(finding, 'OFA beats every baseline on ImageNet too', 'the baseline');
  return (
    `Undecided: we have run no row of this table. One seed of every row would take about ` +
    `${gpuDays.toLocaleString('en')} days on one GPU by our estimate.`
  );
}

/** The recorded methods of a pair by decreasing mean. */
function ranking(rows: readonly RecordedRow[], pair: Pair): string[] {
  return Object.values(columns)
    .flatMap((kind) => {
      const runs = findRow(rows, pair, kind)?.runs ?? [];
      return runs.length === 0 ? [] : [{ kind, mean: meanOf(runs.map(({ top1 }) => top1)) }];
    })
    .sort((a, b) => b.mean - a.mean)
    .map(({ kind }) => kind);
}

const isUnverified = (cell: PublishedTable['rows'][number]['methods'][string] & object): boolean =>
  cell.status === 'recalled';

const isColumn = (name: string): name is keyof typeof columns => Object.hasOwn(columns, name);
