import { existsSync } from 'node:fs';
import { UserError } from '../../errors';
import { sha256 } from '../../io/sha256';
import type { RunRecord } from '../../results/records/record';
import type { Recipe } from '../../training/recipe/recipe';

type GivenWeights = NonNullable<RunRecord['givenWeights']>;

/**
 * The weights files that a recipe names, with their SHA-256; undefined if it names none. The recipe holds paths only,
 * and the content of a path may change. A missing file is left out: reading it is an error where it is needed.
 */
export async function givenWeights({
  teacher,
  initial,
}: Pick<Recipe, 'teacher' | 'initial'>): Promise<GivenWeights | undefined> {
  const files = {
    ...(teacher && teacher.weights !== 'fresh' && { teacher: teacher.weights }),
    ...(initial !== undefined && { initial }),
  };
  const existing = Object.entries(files).filter(([, file]) => existsSync(file));
  if (existing.length === 0) return undefined;
  const hashed = existing.map(async ([part, file]) => [part, { path: file, sha256: await sha256(file) }] as const);
  return Object.fromEntries(await Promise.all(hashed));
}

/** The error for a finished run whose input weights have been replaced since; undefined if they are the same. */
export async function replacedWeightsError(
  recipe: Recipe,
  runFolder: string,
  { givenWeights: before }: Pick<RunRecord, 'givenWeights'>,
): Promise<UserError | undefined> {
  return before && otherWeightsError(runFolder, before, await givenWeights(recipe));
}

/**
 * The error for a run that started with other weights than it would get now; undefined if they are the same or not
 * recorded.
 */
export function otherWeightsError(
  runFolder: string,
  before: GivenWeights = {},
  now: GivenWeights = {},
): UserError | undefined {
  for (const [part, title] of [
    ['teacher', "teacher's weights"],
    ['initial', 'initial weights'],
  ] as const) {
    const [old, current] = [before[part], now[part]];
    if (!old || !current || old.sha256 === current.sha256) continue;
    return new UserError(
      `The run in ${runFolder} started with other ${title}: ${current.path} has changed since. ` +
        "Restore the former file, or delete the run's folder to train again.",
    );
  }
  return undefined;
}
