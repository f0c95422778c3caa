import { createHash } from 'node:crypto';
import path from 'node:path';
import { UserError } from '../../errors';
import { mapConcurrently } from '../../io/mapConcurrently';
import { classMismatches, normalisedName, quoted, repeatedNames, similarNames } from './classNames';
import type { FileDataset } from './dataset';
import { folderIdentity, listFiles, listFolder, type Entry, type FolderFiles } from './folderEntries';
import { imageExtensions, isImageName } from './imageExtensions';
import { countLeftOut, type Unused } from './leftOut';
import { imageNetNormalisation, type Normalisation } from './normalisation';
import { packStrings, stringAt } from './packedStrings';
import { splitsInsteadOfClasses } from './splitFolders';

export interface FolderOptions {
  /** Height and width in pixels to which the images are cropped and resized. */
  readonly imageSize: number;
  /** The classes of the training images. If given, the folder must have exactly these classes. */
  readonly classes?: readonly string[];
  /** Mean and standard deviation of the pixels. Default: ImageNet's. */
  readonly normalisation?: Normalisation;
  /** The fewest classes that are accepted. Default: 2, because a classifier of one learns nothing. */
  readonly minClasses?: 1 | 2;
}

/**
 * Opens a folder with one folder of images per class, like torchvision's `ImageFolder`: the classes are the names of
 * the folders (in Unicode's form NFC) in alphabetical order, and the images of a class are all image files below its
 * folder. Nothing is decoded yet. Files of operating systems, broken links and other files are left out and counted.
 * Throws one UserError that lists all problems: no folder, fewer classes than `minClasses`, a class without images,
 * classes that differ from `classes`, or the parts of a data set in place of classes.
 */
export async function openImageFolder(
  folder: string,
  { imageSize, classes: known, normalisation = imageNetNormalisation, minClasses = 2 }: FolderOptions,
): Promise<FileDataset> {
  const { entries, leftOut } = await listFolder(folder);
  const root = await folderIdentity(folder);
  const folders = entries
    .flatMap(({ name, identity }) =>
      identity === undefined || identity === root ? [] : [{ name, identity, className: normalisedName(name) }],
    )
    .sort((a, b) => (a.className < b.className ? -1 : 1));
  if (folders.length === 0) throw new UserError(noFolders(folder));
  const names = folders.map(({ name }) => name);
  const splits = await splitsInsteadOfClasses(folder, names);
  if (splits !== undefined) throw new UserError(splits);
  const classes = folders.map(({ className }) => className);
  const files = await mapConcurrently(folders, 8, ({ name, identity }) =>
    listFiles(folder, name, new Set([root, identity])),
  );
  const images = files.map((found) => found.files.filter(isImageName));
  const problems = [
    ...repeatedNames(names),
    ...unreadableNames(leftOut),
    ...(classes.length < minClasses ? [`one class was found (${classes[0]}), and training needs at least two`] : []),
    ...(classes.length > maxClasses
      ? [`it has ${classes.length} classes, and at most ${maxClasses} are possible`]
      : []),
    ...classes
      .filter((_, label) => images[label]!.length === 0)
      .map((name) => `class ${quoted(name)} has no image (${imageExtensions.join(', ')})`),
    ...classMismatches(classes, known),
  ];
  if (problems.length > 0) {
    throw new UserError([`The images in ${folder} cannot be used:`, ...indentedList(problems)].join('\n'));
  }
  const labels = Uint16Array.from(images.flatMap((paths, label) => paths.map(() => label)));
  const similar = similarNames(classes);
  return {
    name: path.basename(path.resolve(folder)),
    folder,
    labels,
    classes: known ?? classes,
    count: labels.length,
    names: packStrings(images.flat()),
    size: { height: imageSize, width: imageSize },
    ...normalisation,
    leftOut: countLeftOut([...besideClasses(entries, root), ...leftOut, ...files.flatMap(notImages)]),
    notices: similar === undefined ? [] : [`${folder}: ${similar}`],
  };
}

/** A hash of the names and labels of all images, by which a changed folder is detected. */
export function contentHash({ names, labels, count }: FileDataset): string {
  const hash = createHash('sha256');
  for (let index = 0; index < count; index++) hash.update(`${stringAt(names, index)}\0${labels[index]}\n`);
  return hash.digest('hex').slice(0, 12);
}

/** Labels are stored in 16 bits. */
export const maxClasses = 65_536;

/** The reason why a file with another extension is left out. */
const notAnImage = `file that is not an image (${imageExtensions.join(', ')})`;

/** The first ten messages, indented, and the number of further ones. */
export function indentedList(messages: readonly string[]): string[] {
  const limit = 10;
  const more = messages.length > limit ? [`and ${messages.length - limit} more`] : [];
  return [...messages.slice(0, limit), ...more].map((message) => `  ${message}`);
}

function noFolders(folder: string): string {
  const example = `${path.join(folder, 'cat')} and ${path.join(folder, 'dog')}`;
  return `${folder} contains no folders. It needs one folder of images per class, for example ${example}.`;
}

/** Files beside the folders of the classes, and links to the folder itself. */
function besideClasses(entries: readonly Entry[], root: string): Unused[] {
  return entries.flatMap(({ name, isFolder, identity }): Unused[] => {
    if (isFolder) return identity === root ? [[name, 'link to a folder that is read already']] : [];
    return [[name, 'file beside the class folders']];
  });
}

function notImages({ files, leftOut }: FolderFiles): readonly Unused[] {
  const others = files.filter((name) => !isImageName(name)).map((name): Unused => [name, notAnImage]);
  return [...others, ...leftOut];
}

/** A folder whose name cannot be read could be a class, so that it is not left out without an error. */
function unreadableNames(leftOut: FolderFiles['leftOut']): string[] {
  return leftOut
    .filter(([name]) => name.includes('\ufffd'))
    .map(([name]) => `the name of ${name} is not UTF-8; rename it`);
}
