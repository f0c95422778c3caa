import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from '../../io/fileError';
import { UserError } from '../../errors';
import type { ImageSet, LabelledImages } from './imageSet';
import { nameAt, packNames, type NameTable } from './nameTable';

/** Labelled images of any size in files, decoded each time they are wanted: `size` is the square that they are then cut to. Plain data that threads share. */
export interface ImageFiles extends LabelledImages {
  readonly folder: string;
  /** Each image's path beneath the folder, or its name in a shard. */
  readonly names: NameTable;
  /** Where the images lie if not in files of their own. */
  readonly shards?: Shards;
  /** What was passed over when the folder was looked through, in words. */
  readonly notices: readonly string[];
}

/** What a training takes its images from. */
export type Images = ImageSet | ImageFiles;

/** Stretches of archives, one an image. */
export interface Shards {
  /** File names of the archives. */
  readonly files: readonly string[];
  /** [count] each: the archive, the first byte, and how many bytes. */
  readonly file: Uint16Array;
  readonly start: Float64Array;
  readonly length: Uint32Array;
}

/** The images at these places, in this order. */
export function selectFiles(set: ImageFiles, places: readonly number[]): ImageFiles {
  const { shards } = set;
  return {
    ...set,
    count: places.length,
    labels:
      set.labels instanceof Uint8Array
        ? Uint8Array.from(places, (place) => set.labels[place]!)
        : Uint16Array.from(places, (place) => set.labels[place]!),
    names: packNames(places.map((place) => nameAt(set.names, place))),
    ...(shards && {
      shards: {
        files: shards.files,
        file: Uint16Array.from(places, (place) => shards.file[place]!),
        start: Float64Array.from(places, (place) => shards.start[place]!),
        length: Uint32Array.from(places, (place) => shards.length[place]!),
      },
    }),
  };
}

/** An image's name as faults tell it: a path, and for a shard the member's name after it. */
export function imageName({ folder, names, shards }: ImageFiles, place: number): string {
  const name = nameAt(names, place);
  return shards ? `${path.join(folder, shards.files[shards.file[place]!]!)}, ${name}` : path.join(folder, name);
}

/** The bytes of an image as they are stored. Throws a UserError where they cannot be read. */
export async function readImage(set: ImageFiles, place: number): Promise<Buffer> {
  const { folder, names, shards } = set;
  try {
    if (!shards) return await readFile(path.join(folder, nameAt(names, place)));
    const handle = await open(path.join(folder, shards.files[shards.file[place]!]!), 'r');
    try {
      const wanted = shards.length[place]!;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, shards.start[place]);
      if (bytesRead < wanted) throw new UserError('the archive ends too early');
      return buffer;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, 'read', imageName(set, place));
  }
}
