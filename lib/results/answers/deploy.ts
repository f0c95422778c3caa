import type { ChartLine } from '../chartLine';
import { methodName } from '../methodName';
import { precisions, type DeployedRecord } from '../records/deployedRecord';
import { groupBy } from '../statistics/groupBy';
import { median } from '../statistics/median';
import { listText } from './sentences';

/** An exported student in one precision, as `deploymentStudy` returns it. */
export interface ExportedModel extends Pick<DeployedRecord, 'student' | 'network' | 'precision' | 'bytes'> {
  /** Undefined if it was not measured. */
  readonly performance?: Pick<DeployedRecord, 'top1' | 'milliseconds'>;
}

/** Accuracy, size and latency of an exported student in one precision. */
export interface DeployedRow extends Pick<
  DeployedRecord,
  'student' | 'network' | 'precision' | 'bytes' | 'top1' | 'milliseconds'
> {
  /** `this machine`, or the processor of the record: `AMD EPYC (recorded)`. */
  readonly measuredOn: string;
}

/** How a student was trained, from the name of its weights: `RSD` for `vit_64-by-rsd`. */
export function trainedBy(student: string): string {
  const [, method] = /-by-(.+)$/.exec(student) ?? [];
  return method === undefined ? 'from scratch' : methodName(method);
}

/** The measurements of each student in each precision; where one is missing, its record. */
export function deployedRows(models: readonly ExportedModel[], records: readonly DeployedRecord[]): DeployedRow[] {
  const students = [...new Set(models.map(({ student }) => student))];
  return students.flatMap((student) =>
    precisions.flatMap((precision): DeployedRow[] => {
      const isThis = (one: Pick<DeployedRecord, 'student' | 'precision'>): boolean =>
        one.student === student && one.precision === precision;
      const model = models.find(isThis);
      if (model?.performance) {
        const { network, bytes, performance } = model;
        const { top1, milliseconds } = performance;
        return [{ student, network, precision, bytes, top1, milliseconds, measuredOn: 'this machine' }];
      }
      const record = records.find(isThis);
      if (!record) return [];
      const { network, bytes, top1, milliseconds, machine } = record;
      return [
        { student, network, precision, bytes, top1, milliseconds, measuredOn: `${machine.processor} (recorded)` },
      ];
    }),
  );
}

/** Top-1 over size in MB or latency in ms: a line from float32 to int8 for each student, with a diamond at int8. */
export function deployedLines(rows: readonly DeployedRow[], axis: 'size' | 'latency'): ChartLine[] {
  return [...groupBy(rows, ({ student }) => student)].flatMap(([student, own], color) => {
    const line = (name: string, some: readonly DeployedRow[]): ChartLine => ({
      name,
      color,
      x: some.map(({ bytes, milliseconds }) => (axis === 'size' ? bytes / 1e6 : milliseconds)),
      y: some.map(({ top1 }) => top1),
      markers: true,
    });
    const name = trainedBy(student);
    const int8 = own.filter(({ precision }) => precision === 'int8');
    return [
      line(name, own),
      ...(int8.length > 0 ? [{ ...line(`${name}, int8`, int8), symbol: 'diamond' } as const] : []),
    ];
  });
}

/** Early exit of one student at several thresholds. Costs are multiply-adds. */
export interface DeployedExits {
  readonly name: string;
  /** Top-1 of each exit in per cent; the last is the student's own classifier. */
  readonly top1: readonly number[];
  /** The student without branches. */
  readonly plainCost: number;
  readonly earlyExit: readonly { readonly threshold: number; readonly cost: number; readonly top1: number }[];
}

/** The points of top-1 that early exit may lose. */
const tolerance = 1;

/** The cheapest threshold that loses at most one point of the student's own top-1; undefined if none does. */
export function cheapestExit({ top1, earlyExit }: DeployedExits): DeployedExits['earlyExit'][number] | undefined {
  const own = top1.at(-1)!;
  return earlyExit.filter((one) => one.top1 >= own - tolerance).sort((a, b) => a.cost - b.cost)[0];
}

/** The answer of notebook 24: accuracy, size and latency, what int8 changes, and early exit. */
export function deployAnswer(rows: readonly DeployedRow[], exits: DeployedExits): string {
  const float32 = rows.filter(({ precision }) => precision === 'float32').sort((a, b) => b.top1 - a.top1);
  const int8 = rows.filter(({ precision }) => precision === 'int8');
  return [
    ...(float32.length > 0 ? [accuracySentence(float32)] : ['No exported student is measured or recorded.']),
    ...(int8.length > 0 && float32.length > 0 ? [int8Sentence(float32, int8)] : []),
    exitSentence(exits),
  ].join(' ');
}

function accuracySentence(float32: readonly DeployedRow[]): string {
  const places = [...new Set(float32.map(({ measuredOn }) => measuredOn))];
  const networks = [...new Set(float32.map(({ network }) => network))];
  const accuracies = float32.map(({ student, top1 }) => `${top1.toFixed(1)} % (${trainedBy(student)})`);
  return (
    `In onnxruntime on ${listText(places)}, ${listText(networks)} reaches ${listText(accuracies)}; ` +
    `a file has ${range(float32.map(({ bytes }) => bytes / 1e6))} MB, ` +
    `and one image takes ${range(float32.map(({ milliseconds }) => milliseconds))} ms.`
  );
}

function int8Sentence(float32: readonly DeployedRow[], int8: readonly DeployedRow[]): string {
  const both = int8.flatMap((row) => {
    const whole = float32.find(({ student }) => student === row.student);
    return whole ? [{ row, whole }] : [];
  });
  const smaller = both.map(({ row, whole }) => whole.bytes / row.bytes);
  const slower = both.map(({ row, whole }) => row.milliseconds / whole.milliseconds);
  const changes = both.map(({ row, whole }) => Math.abs(row.top1 - whole.top1));
  return (
    `int8 makes the file ${median(smaller).toFixed(1)} times smaller, ` +
    `takes ${median(slower).toFixed(2)} times as long, ` +
    `and changes top-1 by at most ${Math.max(...changes).toFixed(1)} points.`
  );
}

function exitSentence(exits: DeployedExits): string {
  const { name, top1, plainCost } = exits;
  const own = `its ${top1.at(-1)!.toFixed(1)} %`;
  const best = cheapestExit(exits);
  const pays = best !== undefined && best.cost < plainCost;
  if (!pays) return `Early exit of ${name} does not save work without losing more than ${tolerance} point of ${own}.`;
  return (
    `With early exit at a threshold of ${best.threshold}, ${name} reaches ${best.top1.toFixed(1)} % ` +
    `instead of ${own} with ${((100 * best.cost) / plainCost).toFixed(0)} % of the multiply-adds.`
  );
}

/** `0.87`, or `0.53 to 0.66`. */
function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(2));
  return low === high ? low! : `${low} to ${high}`;
}
