import { existsSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import { mapConcurrently } from '../../io/mapConcurrently';
import { indexTar, type ByteRange } from '../../io/tar/indexTar';
import type { FileDataset } from './dataset';
import { classMismatches, imageExtensions, indentedList, type FolderOptions } from './imageFolder';
import { imageNetNormalisation } from './normalisation';
import { packStrings } from './packedStrings';

/**
 * Opens a folder of .tar archives in webdataset's format: `NAME.jpg` (or another image format) beside `NAME.cls`, which
 * holds the number of its class. Only headers and classes are read. Images are then read at their byte offsets, so that
 * an epoch is shuffled as a whole. The names of the classes are the lines of `classes.txt` in the folder or, without
 * that file, their numbers. The complete images of a truncated archive are used, with a notice. Throws a UserError if
 * there is no archive or no image, or if the classes differ from `classes`.
 */
export async function openTarShards(
  folder: string,
  { imageSize, classes: known, normalisation = imageNetNormalisation }: FolderOptions,
): Promise<FileDataset> {
  const files = await listArchives(folder);
  const shards = await mapConcurrently(files, 8, (name) => openShard(path.join(folder, name)));
  const samples = shards.flatMap((shard, fileIndex) => shard.samples.map((sample) => ({ ...sample, fileIndex })));
  const notices = shards.flatMap((shard) => shard.notices);
  if (samples.length === 0) {
    const reason = `The archives in ${folder} contain no image with a class (NAME.jpg and NAME.cls).`;
    throw new UserError([reason, ...indentedList(notices)].join('\n'));
  }
  const maxLabel = samples.reduce((max, { label }) => Math.max(max, label), 0);
  const classes = known ?? (await classNames(folder, maxLabel + 1));
  const problems = labelProblems(samples, classes, known !== undefined);
  if (problems.length > 0) {
    throw new UserError([`The images in ${folder} cannot be used:`, ...indentedList(problems)].join('\n'));
  }
  return {
    name: path.basename(path.resolve(folder)),
    folder,
    classes,
    count: samples.length,
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

/** Compressed archives are listed too: opening one throws an error with the remedy. */
async function listArchives(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error) => {
    throw fileError(error, 'read', folder);
  });
  const archives = names.filter((name) => /\.tar(\.gz)?$|\.tgz$/.test(name)).sort();
  if (archives.length === 0) throw new UserError(`${folder} contains no .tar archive. Check the path.`);
  return archives;
}

interface Sample extends ByteRange {
  readonly label: number;
}

interface Shard {
  readonly samples: readonly Sample[];
  readonly notices: readonly string[];
}

async function openShard(file: string): Promise<Shard> {
  const { members, error } = await indexTar(file);
  const labels = await readLabels(
    file,
    members.filter(({ name }) => name.endsWith('.cls')),
  );
  const images = members.filter(({ name }) => imageExtensions.includes(path.extname(name).toLowerCase()));
  const samples = images.flatMap((image): Sample[] => {
    const label = labels.get(sampleKey(image.name));
    return label === undefined ? [] : [{ ...image, label }];
  });
  const unlabelled = images.filter(({ name }) => !labels.has(sampleKey(name)));
  const notices: string[] = [];
  if (error !== undefined) {
    notices.push(
      `${error.replace(/(\. Download it again)?\.$/, '')}: only its first ${samples.length} images are used`,
    );
  }
  if (unlabelled.length > 0) {
    notices.push(
      `${file}: skipped ${unlabelled.length} images without a class (a .cls file with a whole number), ` +
        `such as ${unlabelled[0]!.name}`,
    );
  }
  return { samples, notices };
}

/** The class of each sample by its key. */
async function readLabels(file: string, members: readonly ByteRange[]): Promise<ReadonlyMap<string, number>> {
  const handle = await open(file, 'r');
  try {
    const labels = new Map<string, number>();
    for (const { name, start, size } of members) {
      const length = Math.min(size, 16);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
      const text = buffer.toString('latin1', 0, bytesRead).trim();
      if (/^\d{1,5}$/.test(text) && Number(text) <= 0xffff) labels.set(sampleKey(name), Number(text));
    }
    return labels;
  } catch (error) {
    throw fileError(error, 'read', file);
  } finally {
    await handle.close();
  }
}

/** What the files of one sample have in common: the path up to the first dot of the file's name. */
function sampleKey(name: string): string {
  return path.join(path.dirname(name), path.basename(name).split('.')[0]!);
}

async function classNames(folder: string, minCount: number): Promise<readonly string[]> {
  const file = path.join(folder, 'classes.txt');
  if (!existsSync(file)) return Array.from({ length: minCount }, (_, label) => String(label));
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  const names = lines.filter((line) => line !== '');
  if (names.length < minCount) {
    throw new UserError(
      `${file} names ${names.length} classes, but there are images of class ${minCount - 1} (counted from 0). ` +
        'Add the missing names, one a line.',
    );
  }
  return names;
}

function labelProblems(samples: readonly Sample[], classes: readonly string[], areKnown: boolean): string[] {
  const present = new Set(samples.map(({ label }) => label));
  const outOfRange = [...present].filter((label) => label >= classes.length);
  const presentNames = classes.filter((_, label) => present.has(label));
  const emptyNames = classes.filter((_, label) => !present.has(label));
  return [
    ...outOfRange.map((label) => `class ${label} is not among the ${classes.length} classes of the training images`),
    ...(areKnown ? classMismatches(presentNames, classes) : emptyNames.map((name) => `class ${name} has no image`)),
  ];
}
