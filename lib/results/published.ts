import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors';

const status = z.enum(['seen', 'checked', 'recalled']);

/** A number of the paper, in per cent, and how far it is verified. */
const cell = z.object({ value: z.number(), status });

const table = z.object({
  table: z.string(),
  paper: z.string(),
  rows: z.array(z.object({ teacher: z.string(), student: z.string(), teacher_top1: cell, student_top1: cell, methods: z.record(cell) })),
});

const facts = z.object({ rows: z.array(z.object({ item: z.string(), fact: z.string(), status, source: z.string() })) });

export type PublishedTable = z.infer<typeof table>;
export type PublishedRow = PublishedTable['rows'][number];
export type PublishedFact = z.infer<typeof facts>['rows'][number];

/** One of the paper's main tables: each cell with a word on how far it is verified. */
export function publishedTable(name: 'cifar100' | 'imagenet'): Promise<PublishedTable> {
  return read(name, table);
}

/** The row of a pair of networks. Throws UserError where the table has no such pair. */
export async function publishedPair(name: 'cifar100' | 'imagenet', teacher: string, student: string): Promise<PublishedRow> {
  const { rows } = await publishedTable(name);
  const row = rows.find((one) => one.teacher === teacher && one.student === student);
  if (row) return row;
  throw new UserError(`The paper's table ${name} has no pair ${teacher} → ${student}; it has ${rows.map((one) => `${one.teacher} → ${one.student}`).join(', ')}.`);
}

/** What is published about the ablations. */
export async function publishedFacts(): Promise<readonly PublishedFact[]> {
  return (await read('ablations', facts)).rows;
}

async function read<Value>(name: string, schema: z.ZodType<Value, z.ZodTypeDef, unknown>): Promise<Value> {
  const file = path.join('data', 'published', `${name}.json`);
  return schema.parse(JSON.parse(await readFile(file, 'utf8')));
}
