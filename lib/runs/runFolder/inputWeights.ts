import { existsSync } from 'node:fs';
import { UserError } from '../../errors';
import { sha256 } from '../../io/sha256';
import type { RunRecord } from '../../results/records/record';
import type { Recipe } from '../../training/recipe/recipe';
import type { Job } from '../job/job';

type GivenWeights = NonNullable<RunRecord['givenWeights']>;

/** The files of weights that a recipe names, with their SHA-256: a path alone does not say whether it still holds the same. One that is missing is told where it is read. */
export async function givenWeights({
  teacher,
  initial,
}: Pick<Recipe, 'teacher' | 'initial'>): Promise<GivenWeights | undefined> {
  const files = {
    ...(teacher && teacher.weights !== 'fresh' && { teacher: teacher.weights }),
    ...(initial !== undefined && { initial }),
  };
  const found = await Promise.all(
    Object.entries(files)
      .filter(([, file]) => existsSync(file))
      .map(async ([part, file]) => [part, { path: file, sha256: await sha256(file) }] as const),
  );
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/** Why a finished run would not be the same if it were run now. */
export async function replacedWeights(
  { recipe }: Pick<Job, 'recipe'>,
  home: string,
  { givenWeights: before }: Pick<RunRecord, 'givenWeights'>,
): Promise<UserError | undefined> {
  return before && weightsFault(home, before, await givenWeights(recipe));
}

/** Why a run is not one with the weights that it would be given now; undefined where it is, or where it was not noted what it was given. */
export function weightsFault(home: string, before: GivenWeights = {}, now: GivenWeights = {}): UserError | undefined {
  const parts = [
    ['weights of its teacher', before.teacher, now.teacher],
    ['weights to start from', before.initial, now.initial],
  ] as const;
  const [words, , replaced] = parts.find(([, was, is]) => was && is && was.sha256 !== is.sha256) ?? [];
  return (
    replaced &&
    new UserError(
      `The run in ${home} was given other ${words} than those that are in ${replaced.path} now. Put the former ones back, or remove the folder to train again.`,
    )
  );
}
