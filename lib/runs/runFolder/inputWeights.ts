import { existsSync } from 'node:fs';
import { UserError } from '../../errors';
import { sha256 } from '../../io/sha256';
import type { RunRecord } from '../../results/records/record';
import type { OwnNetworks } from '../../models/own/network';
import { namesOwnNetwork } from '../../training/recipe/ownParts';
import type { Recipe } from '../../training/recipe/recipe';

type GivenWeights = NonNullable<RunRecord['givenWeights']>;

/**
 * The weights files that a recipe names and the file of its own networks, with their SHA-256; undefined if it names
 * none. The recipe holds names and paths only, and the content of a path may change. A missing file is left out:
 * reading it is an error where it is needed.
 */
export async function givenWeights(
  recipe: Pick<Recipe, 'student' | 'teacher' | 'initial'>,
  networks?: OwnNetworks,
): Promise<GivenWeights | undefined> {
  const { teacher, initial } = recipe;
  const files = {
    ...(teacher && teacher.weights !== 'fresh' && { teacher: teacher.weights }),
    ...(initial !== undefined && { initial }),
  };
  const existing = Object.entries(files).filter(([, file]) => existsSync(file));
  const hashed = existing.map(async ([part, file]) => [part, { path: file, sha256: await sha256(file) }] as const);
  const given: GivenWeights = Object.fromEntries(await Promise.all(hashed));
  if (!networks || !namesOwnNetwork(recipe, networks)) return existing.length === 0 ? undefined : given;
  return { ...given, networks: { path: networks.file ?? '', sha256: networks.sha256 } };
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
  for (const [part, title] of [
    ['teacher', "teacher's weights"],
    ['initial', 'initial weights'],
    ['networks', 'networks'],
  ] as const) {
    const [old, current] = [before[part], now[part]];
    if (!old || !current || old.sha256 === current.sha256) continue;
    return new UserError(
      `The run in ${runFolder} started with other ${title}: ${current.path || 'their code'} has changed since. ` +
        "Restore the former file, or delete the run's folder to train again.",
    );
  }
  return undefined;
}
