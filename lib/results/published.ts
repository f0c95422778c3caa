import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors';
import { readJson } from '../io/json';

/**
 * How well a number is verified: `seen` in a public source; `checked`, from memory, but the mean of its column agrees
 * with a published mean; `recalled`, from memory only.
 */
const status = z.enum(['seen', 'checked', 'recalled']);

/** A published number in per cent, how well it is verified, and its source if it was seen. */
const cell = z.object({ value: z.number(), status, source: z.string().optional() });

const table = z.object({
  table: z.string(),
  paper: z.string(),
  seen_in: z.string(),
  published_mean_gain: z.record(z.number()),
  rows: z.array(
    z.object({
      teacher: z.string(),
      student: z.string(),
      teacher_top1: cell,
      student_top1: cell,
      methods: z.record(cell),
    }),
  ),
});

const facts = z.object({ rows: z.array(z.object({ item: z.string(), fact: z.string(), status, source: z.string() })) });

const likeFamily = z.object({ rows: z.array(z.object({ method: z.string(), value: z.number(), status })) });

const successors = z.object({
  student_mean: z.number(),
  rows: z.array(
    z.object({
      method: z.string(),
      year: z.string(),
      paper: z.string(),
      venue: z.string(),
      idea: z.string(),
      code: z.string().nullable(),
      cifar100_gain: z.number().nullable(),
      imagenet_gain: z.number().nullable(),
      status,
      source: z.string(),
      pairs: z.array(
        z.object({
          table: z.enum(['cifar100', 'imagenet']),
          teacher: z.string(),
          student: z.string(),
          value: z.number(),
        }),
      ),
    }),
  ),
});

export type PublishedCell = z.infer<typeof cell>;
export type PublishedTable = z.infer<typeof table>;
export type PublishedRow = PublishedTable['rows'][number];
export type LikeFamilyCell = z.infer<typeof likeFamily>['rows'][number];
export type PublishedFact = z.infer<typeof facts>['rows'][number];
export type Successor = z.infer<typeof successors>['rows'][number];

/** Reads one of the paper's main tables. */
export function publishedTable(name: 'cifar100' | 'imagenet'): Promise<PublishedTable> {
  return read(name, table);
}

/** Reads the row of a pair of networks. Throws a UserError if the table has no such pair. */
export async function publishedPair(
  name: 'cifar100' | 'imagenet',
  teacher: string,
  student: string,
): Promise<PublishedRow> {
  const { rows } = await publishedTable(name);
  const row = rows.find((one) => one.teacher === teacher && one.student === student);
  if (row) return row;
  const pairs = rows.map((one) => `${one.teacher} → ${one.student}`).join(', ');
  throw new UserError(`The published table ${name} has no pair ${teacher} → ${student}. Choose one of ${pairs}.`);
}

/** The cells of a row with the names of their columns, starting with the student from scratch. */
export function publishedCells({
  student_top1,
  methods,
}: PublishedRow): readonly (readonly [column: string, cell: PublishedCell])[] {
  return [['scratch', student_top1], ...Object.entries(methods)];
}

/**
 * Mean gain of a column over the student from scratch, in points. Cells from memory count as checked if this agrees
 * with the published mean gain.
 */
export function meanGain({ rows }: PublishedTable, column: string): number {
  const gains = rows.flatMap(({ methods: { [column]: cell }, student_top1 }) =>
    cell ? [cell.value - student_top1.value] : [],
  );
  return gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
}

/**
 * Reads published facts on ablations, limits and reproductions: those whose item starts with one of `items`, or all.
 */
export async function publishedFacts(...items: readonly string[]): Promise<readonly PublishedFact[]> {
  const { rows } = await read('ablations', facts);
  return items.length === 0 ? rows : rows.filter(({ item }) => items.some((beginning) => item.startsWith(beginning)));
}

/** Reads the paper's Table 5, ResNet34 → ResNet18 on ImageNet. */
export async function publishedLikeFamily(): Promise<readonly LikeFamilyCell[]> {
  return (await read('like-family', likeFamily)).rows;
}

/** Reads the results of later methods on OFA's benchmark, and the mean top-1 of the students from scratch. */
export async function publishedSuccessors(): Promise<{
  readonly studentMean: number;
  readonly rows: readonly Successor[];
}> {
  const { student_mean: studentMean, rows } = await read('successors', successors);
  return { studentMean, rows };
}

/** The gains of one method over training from scratch, as `forest` draws them. */
export interface SuccessorGains {
  readonly name: string;
  readonly effects: readonly { readonly label: string; readonly value: number | null }[];
}

/** The published CIFAR-100 gains of OFA and of each successor with known pairs; null where a pair is not known. */
export function successorGains(table: PublishedTable, successors: readonly Successor[]): SuccessorGains[] {
  const known = successors.filter(({ method, pairs }) => method === 'OFA' || pairs.length > 0);
  return known.map(({ method, pairs }) => ({
    name: method,
    effects: table.rows.map(({ teacher, student, student_top1, methods }) => {
      const isPair = (one: Successor['pairs'][number]): boolean =>
        one.table === 'cifar100' && one.teacher === teacher && one.student === student;
      const top1 = (method === 'OFA' ? methods['OFA'] : pairs.find(isPair))?.value;
      return { label: `${teacher} → ${student}`, value: top1 === undefined ? null : top1 - student_top1.value };
    }),
  }));
}

async function read<Value>(name: string, schema: z.ZodType<Value, z.ZodTypeDef, unknown>): Promise<Value> {
  return readJson(path.join('data', 'published', `${name}.json`), (value) => schema.parse(value));
}
