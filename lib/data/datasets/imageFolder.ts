import { createHash } from 'node:crypto';
import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import type { FileDataset } from './dataset';
import { imageNetNormalisation, type Normalisation } from './normalisation';
import { packStrings, stringAt } from './packedStrings';

export interface FolderOptions {
  /** Height and width in pixels to which the images are cropped and resized. */
  readonly imageSize: number;
  /** The classes of the training images. If given, the folder must have exactly these classes. */
  readonly classes?: readonly string[];
  /** Mean and standard deviation of the pixels. Default: ImageNet's. */
  readonly normalisation?: Normalisation;
}

/**
 * Opens a folder with one folder of images per class, like torchvision's `ImageFolder`: the classes are the names of
 * the folders in alphabetical order, and the images of a class are all image files below its folder. Nothing is decoded
 * yet. Throws one UserError that lists all problems: no folder, no classes, a class without images, or classes that
 * differ from `classes`.
 */
export async function openImageFolder(
  folder: string,
  { imageSize, classes: known, normalisation = imageNetNormalisation }: FolderOptions,
): Promise<FileDataset> {
  const classes = (await listEntries(folder)).filter(({ isFolder }) => isFolder).map(({ name }) => name);
  if (classes.length === 0) {
    const example = `${path.join(folder, 'cat')} and ${path.join(folder, 'dog')}`;
    throw new UserError(
      `${folder} contains no folders. It needs one folder of images per class, for example ${example}.`,
    );
  }
  const files = await Promise.all(classes.map((name) => listFiles(folder, name)));
  const images = files.map((names) => names.filter(isImage));
  const emptyClasses = classes.filter((_, label) => images[label]!.length === 0);
  const problems = [
    ...emptyClasses.map((name) => `class ${name} has no image (${imageExtensions.join(', ')})`),
    ...classMismatches(classes, known),
  ];
  if (problems.length > 0) {
    throw new UserError([`The images in ${folder} cannot be used:`, ...indentedList(problems)].join('\n'));
  }
  const labels = Uint16Array.from(images.flatMap((names, label) => names.map(() => label)));
  return {
    name: path.basename(path.resolve(folder)),
    folder,
    labels,
    classes: known ?? classes,
    count: labels.length,
    names: packStrings(images.flat()),
    size: { height: imageSize, width: imageSize },
    ...normalisation,
    notices: skippedFilesNotice(
      folder,
      files.flat().filter((name) => !isImage(name)),
    ),
  };
}

/** A hash of the names and labels of all images, by which a changed folder is detected. */
export function contentHash({ names, labels, count }: FileDataset): string {
  const hash = createHash('sha256');
  for (let index = 0; index < count; index++) hash.update(`${stringAt(names, index)}\0${labels[index]}\n`);
  return hash.digest('hex').slice(0, 12);
}

/** Messages about classes that differ from those of the training images. */
export function classMismatches(classes: readonly string[], known: readonly string[] | undefined): string[] {
  if (!known) return [];
  const missing = known.filter((name) => !classes.includes(name));
  const unknown = classes.filter((name) => !known.includes(name));
  return [
    ...missing.map((name) => `class ${name} of the training images is missing`),
    ...unknown.map((name) => `class ${name} is not among the classes of the training images`),
  ];
}

/** The formats of torchvision's list that sharp reads. */
export const imageExtensions: readonly string[] = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.ppm', '.pgm'];

/** The first ten messages, indented, and the number of further ones. */
export function indentedList(messages: readonly string[]): string[] {
  const limit = 10;
  const more = messages.length > limit ? [`and ${messages.length - limit} more`] : [];
  return [...messages.slice(0, limit), ...more].map((message) => `  ${message}`);
}

function isImage(name: string): boolean {
  return imageExtensions.includes(path.extname(name).toLowerCase());
}

function skippedFilesNotice(folder: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const kinds = [...new Set(names.map((name) => path.extname(name) || 'no extension'))].sort().slice(0, 5).join(', ');
  return [
    `${folder}: skipped ${names.length} files that are not in a supported image format (${kinds}), such as ${names[0]}`,
  ];
}

/**
 * Paths, relative to `root`, of all files below a folder, in torchvision's order: the files of a folder before those of
 * its subfolders.
 */
async function listFiles(root: string, folder: string): Promise<string[]> {
  const entries = await listEntries(path.join(root, folder));
  const files = entries.filter(({ isFolder }) => !isFolder).map(({ name }) => path.join(folder, name));
  for (const { name, isFolder } of entries) {
    if (isFolder) files.push(...(await listFiles(root, path.join(folder, name))));
  }
  return files;
}

/** The entries of a folder, sorted by name. Links are followed; hidden entries are skipped. */
async function listEntries(folder: string): Promise<{ readonly name: string; readonly isFolder: boolean }[]> {
  const entries: { name: string; isFolder: boolean }[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.name.startsWith('.')) continue;
      const isFolder = entry.isSymbolicLink()
        ? (await stat(path.join(folder, entry.name))).isDirectory()
        : entry.isDirectory();
      entries.push({ name: entry.name, isFolder });
    }
  } catch (error) {
    throw fileError(error, 'read', folder);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
