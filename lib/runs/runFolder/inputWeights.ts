import { existsSync } from 'node:fs';
import { UserError } from '../../errors';
import { sha256 } from '../../io/sha256';
import type { RunRecord } from '../../results/records/record';
import type { OwnNetworks } from '../../models/own/network';
import { namesOwnNetwork } from '../../training/recipe/ownParts';
import type { Recipe } from '../../training/recipe/recipe';
import { teachersOf } from '../../training/recipe/teacherSpec';

type GivenWeights = NonNullable<RunRecord['givenWeights']>;
type FileHash = NonNullable<RunRecord['weights']>;

/**
 * The weights files that a recipe names and the file of its own networks, with their SHA-256; undefined if it names
 * none. The recipe holds names and paths only, and the content of a path may change. A missing file is left out:
 * reading it is an error where it is needed.
 */
export async function givenWeights(
  recipe: Pick<Recipe, 'student' | 'teacher' | 'initial'>,
  networks?: OwnNetworks,
): Promise<GivenWeights | undefined> {
  const [teacher, ...others] = teachersOf(recipe.teacher).map(({ weights }) => weights);
  const [teacherFile] = await hashed([teacher]);
  const otherFiles = await hashed(others);
  const [initialFile] = await hashed([recipe.initial]);
  const given: GivenWeights = {
    ...(teacherFile && { teacher: teacherFile }),
    ...(otherFiles.length > 0 && { others: otherFiles }),
    ...(initialFile && { initial: initialFile }),
    ...(networks &&
      namesOwnNetwork(recipe, networks) && { networks: { path: networks.file ?? '', sha256: networks.sha256 } }),
  };
  return Object.keys(given).length === 0 ? undefined : given;
}

/** The SHA-256 of those of the files that exist; `fresh` stands for random weights. */
async function hashed(files: readonly (string | undefined)[]): Promise<FileHash[]> {
  const existing = files.filter((file): file is string => file !== undefined && file !== 'fresh' && existsSync(file));
  return Promise.all(existing.map(async (file) => ({ path: file, sha256: await sha256(file) })));
}

/** The error for a finished run whose input weights have been replaced since; undefined if they are the same. */
export async function replacedWeightsError(
  recipe: Recipe,
  runFolder: string,
  { givenWeights: before }: Pick<RunRecord, 'givenWeights'>,
  networks?: OwnNetworks,
): Promise<UserError | undefined> {
  return before && otherWeightsError(runFolder, before, await givenWeights(recipe, networks));
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
  for (const [title, old, current] of [
    ["teacher's weights", before.teacher, now.teacher],
    ...(before.others ?? []).map((other, i) => ["teacher's weights", other, now.others?.[i]] as const),
    ['initial weights', before.initial, now.initial],
    ['networks', before.networks, now.networks],
  ] as const) {
    if (!old || !current || old.sha256 === current.sha256) continue;
    return new UserError(
      `The run in ${runFolder} started with other ${title}: ${current.path || 'their code'} has changed since. ` +
        "Restore the former file, or delete the run's folder to train again.",
    );
  }
  return undefined;
}
