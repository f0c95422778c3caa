import { z } from 'zod';
import { UserError } from '../../errors';
import { contentId } from '../../io/contentId';
import type { RunRecord } from './record';

/** The fields of a recipe that a record repeats. */
const repeated = z.object({
  seed: z.number(),
  student: z.string(),
  epochs: z.number(),
  method: z.object({ kind: z.string() }),
  teacher: z.object({ model: z.string(), others: z.array(z.object({ model: z.string() })).default([]) }).nullable(),
  data: z.object({ name: z.string(), trainImages: z.number().optional() }),
});

/**
 * Checks that a record describes the run of its recipe: its id is the hash of the recipe, and what it repeats of the
 * recipe and of its history is equal to them. Throws a UserError that names every difference.
 */
export function checkIdentity(record: RunRecord): RunRecord {
  const errors = [...recipeErrors(record), ...historyErrors(record)];
  if (errors.length === 0) return record;
  throw new UserError(`the record was changed, or copied under another id: ${errors.join('; ')}`);
}

function recipeErrors({ id, recipe, ...record }: RunRecord): string[] {
  const errors: string[] = [];
  const expected = contentId(recipe);
  if (id !== expected) errors.push(`id: is ${id}, and its recipe has the id ${expected}`);
  const parsed = repeated.safeParse(recipe);
  if (!parsed.success) return [...errors, 'recipe: is not complete'];
  for (const [field, value] of Object.entries(repeatedFields(parsed.data))) {
    const own: unknown = Reflect.get(record, field);
    if (own !== value) errors.push(`${field}: is ${String(own)}, and its recipe has ${value}`);
  }
  return errors;
}

/** The fields of a record that its recipe determines. The data of a folder are named by the folder. */
function repeatedFields({ method, teacher, data, ...rest }: z.output<typeof repeated>): Partial<RunRecord> {
  return {
    ...rest,
    method: method.kind,
    // As lib/models/ensembleName, which needs more than the files of results may import.
    teacher: teacher && [teacher, ...teacher.others].map(({ model }) => model).join(' + '),
    ...(data.name !== 'folder' && data.name !== 'shards' && { dataset: data.name }),
    ...(data.trainImages !== undefined && { images: data.trainImages }),
  };
}

function historyErrors({ epochs, history, top1, top5, bestTop1 }: RunRecord): string[] {
  const last = history.at(-1);
  if (last?.epoch !== epochs) return [`history: ends at epoch ${last?.epoch ?? 0} of ${epochs}`];
  const gap = history.findIndex(({ epoch }, index) => epoch !== index + 1);
  if (gap !== -1) return [`history: has epoch ${history[gap]!.epoch} in place of epoch ${gap + 1}`];
  const best = Math.max(...history.map((epoch) => epoch.top1 ?? 0));
  const errors: string[] = [];
  if (last.top1 !== top1) errors.push(`top1: is ${top1}, and its history ends with ${last.top1}`);
  if (last.top5 !== top5) errors.push(`top5: is ${top5}, and its history ends with ${last.top5}`);
  if (best !== bestTop1) errors.push(`bestTop1: is ${bestTop1}, and the best of its history is ${best}`);
  return errors;
}
