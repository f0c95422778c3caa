import path from 'node:path';
import { listFolder } from './folderEntries';
import { isImageName } from './imageExtensions';

const trainNames = ['train', 'training'];
/** In the order of preference: a test set is for the end. */
const validationNames = ['val', 'valid', 'validation', 'dev', 'eval', 'test', 'testing'];

/**
 * Why the folders of a data set look like its parts and not like classes, or undefined: one is named like a training
 * set and one like a validation set, and both contain folders and no images beside them; or there is one folder, which
 * does so too.
 */
export async function splitsInsteadOfClasses(root: string, classes: readonly string[]): Promise<string | undefined> {
  const find = (names: readonly string[]): string | undefined =>
    names.flatMap((name) => classes.find((each) => each.toLowerCase() === name) ?? [])[0];
  const [train, validation] = [find(trainNames), find(validationNames)];
  if (train !== undefined && validation !== undefined) {
    const parts = [train, validation].map((name) => path.join(root, name));
    if (!(await Promise.all(parts.map(holdsFoldersOfImages))).every(Boolean)) return undefined;
    return (
      `${root} contains ${train} and ${validation}, which are parts of a data set and not classes. ` +
      `Use --data ${parts[0]} --validation ${parts[1]}.`
    );
  }
  const [only, ...others] = classes;
  if (only === undefined || others.length > 0 || !(await holdsFoldersOfImages(path.join(root, only)))) return undefined;
  return `${root} contains one folder, ${only}, which contains folders. Use --data ${path.join(root, only)}.`;
}

async function holdsFoldersOfImages(folder: string): Promise<boolean> {
  const { entries } = await listFolder(folder);
  return (
    entries.some(({ isFolder }) => isFolder) && !entries.some(({ name, isFolder }) => !isFolder && isImageName(name))
  );
}
