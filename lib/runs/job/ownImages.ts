import { openImageFolder, contentsOf, type FolderOptions } from '../../data/images/imageFolder';
import { selectFiles, type ImageFiles } from '../../data/images/imageFiles';
import { holdOutPlaces } from '../../data/images/imageSet';
import { openTarShards } from '../../data/images/tarShards';
import { UserError } from '../../errors';
import { Random } from '../../tensor/random';
import type { OwnData } from '../../training/recipe/recipe';

export interface OwnImages {
  readonly train: ImageFiles;
  readonly test: ImageFiles;
  /** Hash of all their names and classes. */
  readonly contents: string;
  /** What was passed over, in words. */
  readonly notice?: string;
}

/**
 * Opens images of one's own as a recipe names them. Throws a UserError where a folder cannot be used, where a class has no image for
 * training or none for validation, or where the images are no longer those of the recipe.
 */
export async function openOwnImages(data: OwnData, side: number): Promise<OwnImages> {
  const { train: all, test } = await trainAndTest(data, side);
  const contents = contentsOf(all).slice(0, 6) + contentsOf(test).slice(0, 6);
  if (data.contents !== undefined && data.contents !== contents) {
    throw new UserError(
      `The images of ${data.path} are not those that the recipe was made for: some were added, removed or renamed. Start a new run with them.`,
    );
  }
  const train =
    data.trainImages === undefined
      ? all
      : selectFiles(all, holdOutPlaces(all, data.trainImages, new Random(0).fork('part')).heldOut);
  const notices = [...new Set([...train.notices, ...test.notices])];
  return { train, test, contents, ...(notices.length > 0 && { notice: notices.join('\n') }) };
}

async function trainAndTest(
  { name, path, validation, normalisation, split: { share, seed } = { share: 0.1, seed: 0 } }: OwnData,
  side: number,
): Promise<{ readonly train: ImageFiles; readonly test: ImageFiles }> {
  const open = (folder: string, options: FolderOptions): Promise<ImageFiles> =>
    name === 'folder' ? openImageFolder(folder, options) : openTarShards(folder, options);
  const whole = await open(path, { side, normalisation });
  if (validation !== undefined)
    return { train: whole, test: await open(validation, { side, classes: whole.classes, normalisation }) };
  const { rest, heldOut } = holdOutPlaces(whole, Math.round(whole.count * share), new Random(seed).fork('validation'));
  const train = selectFiles(whole, rest);
  const test = selectFiles(whole, heldOut);
  const faults = whole.classes.flatMap((named, label) => [
    ...(train.labels.includes(label) ? [] : [`  class ${named} keeps no image for training`]),
    ...(test.labels.includes(label) ? [] : [`  class ${named} gets no image for validation`]),
  ]);
  if (faults.length === 0) return { train, test };
  throw new UserError(
    [
      `${path} cannot be split, ${100 * share} % of ${whole.count} images held out:`,
      ...faults.slice(0, 10),
      'Choose another share, add images, or name a validation folder.',
    ].join('\n'),
  );
}
