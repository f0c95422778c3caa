import { createHash } from 'node:crypto';
import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import type { ImageFiles } from './imageFiles';
import { nameAt, packNames } from './nameTable';
import { imageNetNormalisation, type Normalisation } from './normalisation';

export interface FolderOptions {
  /** Side of the square that the images are cut to. */
  readonly side: number;
  /** The classes, where they are known: another folder is a fault, and so is one of them without images. */
  readonly classes?: readonly string[];
  /** By which the pixels are normalised; ImageNet's mean and deviation unless told. */
  readonly normalisation?: Normalisation;
}

/**
 * A folder with a folder of images for each class, as torchvision's `ImageFolder`: the classes are the folders' names in order, and
 * the images of a class all those beneath its folder, in order. Nothing is decoded yet. Throws one UserError that tells every fault:
 * no folder, no classes, a class without images, other classes than wanted.
 */
export async function openImageFolder(
  folder: string,
  { side, classes: known, normalisation = imageNetNormalisation }: FolderOptions,
): Promise<ImageFiles> {
  const classes = (await entries(folder)).filter(({ isFolder }) => isFolder).map(({ name }) => name);
  if (classes.length === 0)
    throw new UserError(
      `${folder} has no folders in it: it needs one of images for each class, such as ${path.join(folder, 'cat')} and ${path.join(folder, 'dog')}.`,
    );
  const files = await Promise.all(classes.map((name) => filesBeneath(folder, name)));
  const found = files.map((names) => names.filter(isImage));
  const faults = [
    ...classes
      .filter((_, label) => found[label]!.length === 0)
      .map((name) => `class ${name} has no image (${extensions.join(', ')})`),
    ...classFaults(classes, known),
  ];
  if (faults.length > 0) throw new UserError([`The images of ${folder} cannot be used:`, ...shown(faults)].join('\n'));
  const labels = Uint16Array.from(found.flatMap((names, label) => names.map(() => label)));
  return {
    name: path.basename(path.resolve(folder)),
    folder,
    labels,
    classes: known ?? classes,
    count: labels.length,
    names: packNames(found.flat()),
    size: { height: side, width: side },
    ...normalisation,
    notices: passedOver(
      folder,
      files.flat().filter((name) => !isImage(name)),
    ),
  };
}

/** A hash of the names and classes of all images: whether a folder is still the one it was. */
export function contentsOf({ names, labels, count }: ImageFiles): string {
  const hash = createHash('sha256');
  for (let place = 0; place < count; place++) hash.update(`${nameAt(names, place)}\0${labels[place]}\n`);
  return hash.digest('hex').slice(0, 12);
}

/** Where classes are not those that are known. */
export function classFaults(classes: readonly string[], known: readonly string[] | undefined): string[] {
  if (!known) return [];
  return [
    ...known.filter((name) => !classes.includes(name)).map((name) => `class ${name} of the training images is missing`),
    ...classes
      .filter((name) => !known.includes(name))
      .map((name) => `class ${name} is not among those of the training images`),
  ];
}

/** What sharp reads of torchvision's list. */
export const extensions: readonly string[] = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.ppm', '.pgm'];

/** The first faults, and how many more there are. */
export function shown(faults: readonly string[]): string[] {
  const most = 10;
  return [...faults.slice(0, most), ...(faults.length > most ? [`and ${faults.length - most} more`] : [])].map(
    (fault) => `  ${fault}`,
  );
}

function isImage(name: string): boolean {
  return extensions.includes(path.extname(name).toLowerCase());
}

function passedOver(folder: string, names: readonly string[]): string[] {
  const kinds = [...new Set(names.map((name) => path.extname(name) || 'without an ending'))].sort();
  return names.length === 0
    ? []
    : [
        `${folder}: ${names.length} files are no images of a format that is read (${kinds.slice(0, 5).join(', ')}), such as ${names[0]}`,
      ];
}

/** Paths of all files beneath a folder, from the root on, in torchvision's order: those of a folder before those of the folders in it. */
async function filesBeneath(root: string, folder: string): Promise<string[]> {
  const inside = await entries(path.join(root, folder));
  const deeper: string[] = [];
  for (const { name, isFolder } of inside)
    if (isFolder) deeper.push(...(await filesBeneath(root, path.join(folder, name))));
  return [...inside.filter(({ isFolder }) => !isFolder).map(({ name }) => path.join(folder, name)), ...deeper];
}

/** What a folder holds, sorted by name; links are followed, hidden entries passed over. */
async function entries(folder: string): Promise<{ readonly name: string; readonly isFolder: boolean }[]> {
  const found: { name: string; isFolder: boolean }[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.name.startsWith('.')) continue;
      found.push({
        name: entry.name,
        isFolder: entry.isSymbolicLink()
          ? (await stat(path.join(folder, entry.name))).isDirectory()
          : entry.isDirectory(),
      });
    }
  } catch (error) {
    throw fileError(error, 'read', folder);
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
