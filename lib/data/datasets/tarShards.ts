import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import { mapConcurrently } from '../../io/mapConcurrently';
import { readClassNames, renamedClasses, trainingClasses } from './classesFile';
import { classMismatches } from './classNames';
import type { FileDataset } from './dataset';
import { isSystemName } from './folderEntries';
import { indentedList, type FolderOptions } from './imageFolder';
import { describeLeftOut, mergeLeftOut } from './leftOut';
import { imageNetNormalisation } from './normalisation';
import { packStrings } from './packedStrings';
import { openShard, type Sample } from './shardSamples';

/**
 * Opens a folder of .tar archives in webdataset's format: `NAME.jpg` (or another image format) beside `NAME.cls`, which
 * holds the number of its class. Only headers and classes are read. Images are then read at their byte offsets, so that
 * an epoch is shuffled as a whole. The names of the classes are the lines of `classes.txt` in the folder or, without
 * that file, their numbers. The complete images of a truncated archive are used, with a notice; links and other members
 * are left out and counted. Throws a UserError if there is no archive or no image, if a sample has two images or two
 * classes, if an archive continues after its end marker, or if the classes differ from `classes`.
 */
export async function openTarShards(
  folder: string,
  { imageSize, classes: known, normalisation = imageNetNormalisation }: FolderOptions,
): Promise<FileDataset> {
  const files = await listArchives(folder);
  const shards = await mapConcurrently(files, 8, (name) => openShard(path.join(folder, name)));
  const samples = shards.flatMap((shard, fileIndex) => shard.samples.map((sample) => ({ ...sample, fileIndex })));
  const notices = shards.flatMap((shard) => shard.notices);
  const leftOut = mergeLeftOut(shards.flatMap((shard) => shard.leftOut));
  const conflicts = shards.flatMap((shard) => shard.conflicts);
  if (conflicts.length > 0) {
    const reason =
      `The samples in ${folder} are ambiguous, because the key of a file ends ` + 'at the first dot of its name:';
    throw new UserError([reason, ...indentedList(conflicts)].join('\n'));
  }
  if (samples.length === 0) {
    const reason = `The archives in ${folder} contain no image with a class (NAME.jpg and NAME.cls).`;
    const reasons = leftOut.map((each) => `left out: ${describeLeftOut([each])}`);
    throw new UserError([reason, ...indentedList([...notices, ...reasons])].join('\n'));
  }
  const maxLabel = samples.reduce((max, { label }) => Math.max(max, label), 0);
  const names = await readClassNames(folder);
  const classes = known ?? trainingClasses(folder, names, maxLabel + 1);
  const problems = [
    ...(known ? renamedClasses(names, known) : []),
    ...labelProblems(samples, classes, known !== undefined),
  ];
  if (problems.length > 0) {
    throw new UserError([`The images in ${folder} cannot be used:`, ...indentedList(problems)].join('\n'));
  }
  return {
    name: path.basename(path.resolve(folder)),
    folder,
    classes,
    count: samples.length,
    leftOut,
    notices,
    labels: Uint16Array.from(samples, ({ label }) => label),
    names: packStrings(samples.map(({ name }) => name)),
    shards: {
      files,
      fileIndex: Uint16Array.from(samples, ({ fileIndex }) => fileIndex),
      start: Float64Array.from(samples, ({ start }) => start),
      length: Uint32Array.from(samples, ({ size }) => size),
    },
    size: { height: imageSize, width: imageSize },
    ...normalisation,
  };
}

/** The numbers of archives are stored in 16 bits. */
const maxArchives = 65_536;

/** Compressed archives are listed too: opening one throws an error with the remedy. */
async function listArchives(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error) => {
    throw fileError(error, 'read', folder);
  });
  const archives = names.filter((name) => /\.tar(\.gz)?$|\.tgz$/i.test(name) && !isSystemName(name)).sort();
  if (archives.length === 0) throw new UserError(`${folder} contains no .tar archive. Check the path.`);
  if (archives.length > maxArchives) {
    throw new UserError(
      `${folder} contains ${archives.length} archives. At most ${maxArchives} are supported: join some.`,
    );
  }
  return archives;
}

function labelProblems(samples: readonly Sample[], classes: readonly string[], areKnown: boolean): string[] {
  const present = new Set(samples.map(({ label }) => label));
  const outOfRange = [...present].filter((label) => label >= classes.length);
  const presentNames = classes.filter((_, label) => present.has(label));
  const emptyNames = classes.filter((_, label) => !present.has(label));
  return [
    ...(present.size === 1
      ? [`one class was found (${presentNames[0] ?? [...present][0]}), and training needs at least two`]
      : []),
    ...outOfRange.map((label) => `class ${label} is not among the ${classes.length} classes of the training images`),
    ...(areKnown ? classMismatches(presentNames, classes) : emptyNames.map((name) => `class ${name} has no image`)),
  ];
}
