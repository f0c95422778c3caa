import { existsSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import { mapConcurrently } from '../../io/mapConcurrently';
import { indexTar, type ByteRange } from '../../io/tar/indexTar';
import { classFaults, extensions, shown, type FolderOptions } from './imageFolder';
import type { ImageFiles } from './imageFiles';
import { packNames } from './nameTable';
import { imageNetNormalisation } from './normalisation';

/**
 * A folder of .tar archives as webdataset writes them: `NAME.jpg` (or another image) beside `NAME.cls` with the number of its class.
 * Only headers and classes are read; images are then found by their place, so that an epoch is shuffled as a whole. The classes'
 * names are the lines of `classes.txt` in the folder, else their numbers. An archive that is cut short gives its whole images, and a
 * notice. Throws a UserError where there is no archive, no image, or where classes are other ones than wanted.
 */
export async function openTarShards(
  folder: string,
  { side, classes: known, normalisation = imageNetNormalisation }: FolderOptions,
): Promise<ImageFiles> {
  const files = (
    await readdir(folder).catch((error) => {
      throw fileError(error, 'read', folder);
    })
  )
    .filter((name) => /\.tar(\.gz)?$|\.tgz$/.test(name))
    .sort();
  if (files.length === 0) throw new UserError(`${folder} holds no .tar archive.`);
  const shards = await mapConcurrently(files, 8, (name) => openShard(path.join(folder, name)));
  const samples = shards.flatMap(({ samples: own }, file) => own.map((sample) => ({ ...sample, file })));
  const notices = shards.flatMap((shard) => shard.notices);
  if (samples.length === 0)
    throw new UserError(
      [`The archives of ${folder} hold no image with its class (NAME.jpg and NAME.cls).`, ...shown(notices)].join('\n'),
    );
  const classes =
    known ?? (await classNames(folder, 1 + samples.reduce((most, { label }) => Math.max(most, label), 0)));
  const faults = labelFaults(samples, classes, known !== undefined);
  if (faults.length > 0) throw new UserError([`The images of ${folder} cannot be used:`, ...shown(faults)].join('\n'));
  return {
    name: path.basename(path.resolve(folder)),
    folder,
    classes,
    count: samples.length,
    notices,
    labels: Uint16Array.from(samples, ({ label }) => label),
    names: packNames(samples.map(({ name }) => name)),
    shards: {
      files,
      file: Uint16Array.from(samples, ({ file }) => file),
      start: Float64Array.from(samples, ({ start }) => start),
      length: Uint32Array.from(samples, ({ size }) => size),
    },
    size: { height: side, width: side },
    ...normalisation,
  };
}

interface Sample extends ByteRange {
  readonly label: number;
}

async function openShard(
  file: string,
): Promise<{ readonly samples: readonly Sample[]; readonly notices: readonly string[] }> {
  const { members, error: fault } = await indexTar(file);
  const labels = await readLabels(
    file,
    members.filter(({ name }) => name.endsWith('.cls')),
  );
  const images = members.filter(({ name }) => extensions.includes(path.extname(name).toLowerCase()));
  const samples = images.flatMap((image): Sample[] => {
    const label = labels.get(key(image.name));
    return label === undefined ? [] : [{ ...image, label }];
  });
  const missing = images.filter(({ name }) => !labels.has(key(name)));
  return {
    samples,
    notices: [
      ...(fault === undefined
        ? []
        : [`${fault.replace(/( Fetch it again)?\.$/, '')}: its first ${samples.length} images are used`]),
      ...(missing.length === 0
        ? []
        : [
            `${file}: ${missing.length} images have no class (a .cls with a whole number), such as ${missing[0]!.name}, and are left out`,
          ]),
    ],
  };
}

/** The class of each sample by its key. */
async function readLabels(file: string, members: readonly ByteRange[]): Promise<ReadonlyMap<string, number>> {
  const handle = await open(file, 'r');
  try {
    const labels = new Map<string, number>();
    for (const { name, start, size } of members) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, 16)), 0, Math.min(size, 16), start);
      const text = buffer.toString('latin1', 0, bytesRead).trim();
      if (/^\d{1,5}$/.test(text) && Number(text) <= 0xffff) labels.set(key(name), Number(text));
    }
    return labels;
  } catch (error) {
    throw fileError(error, 'read', file);
  } finally {
    await handle.close();
  }
}

/** What the files of one sample share: the path up to the first dot of the file's name. */
function key(name: string): string {
  return path.join(path.dirname(name), path.basename(name).split('.')[0]!);
}

async function classNames(folder: string, least: number): Promise<readonly string[]> {
  const file = path.join(folder, 'classes.txt');
  if (!existsSync(file)) return Array.from({ length: least }, (_, label) => String(label));
  const names = (await readFile(file, 'utf8'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length < least)
    throw new UserError(
      `${file} names ${names.length} classes, and there are images of class ${least - 1}, counted from 0.`,
    );
  return names;
}

function labelFaults(samples: readonly Sample[], classes: readonly string[], known: boolean): string[] {
  const there = new Set(samples.map(({ label }) => label));
  const beyond = [...there]
    .filter((label) => label >= classes.length)
    .map((label) => `class ${label} is not among the ${classes.length} of the training images`);
  const empty = [...classes.keys()].filter((label) => !there.has(label)).map((label) => classes[label]!);
  return [
    ...beyond,
    ...(known
      ? classFaults(
          classes.filter((name) => !empty.includes(name)),
          classes,
        )
      : empty.map((name) => `class ${name} has no image`)),
  ];
}
