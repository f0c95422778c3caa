import { open } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from '../../io/fileError';
import { indexTar, type ByteRange } from '../../io/tar/indexTar';
import { isSystemName } from './folderEntries';
import { imageExtensions } from './imageExtensions';
import { maxFileBytes } from './imageFile';
import { maxClasses } from './imageFolder';
import { countLeftOut, type LeftOut, type Unused } from './leftOut';

/**
 * What a member is for a sample. As in webdataset, the key is its path up to the first dot of the file's name, and the
 * rest is its extension: `1.left.png` has the extension `left.png`, which no image has.
 */
export function parseMember(name: string): { readonly key: string; readonly kind: MemberKind } | undefined {
  const base = path.posix.basename(name);
  const dot = base.indexOf('.');
  // webdataset reserves names in double underscores for descriptions of the shard.
  if (dot <= 0 || /(^|\/)__[^/]*__(\/|$)/.test(name) || isSystemName(base)) return undefined;
  const extension = base.slice(dot).toLowerCase();
  const key = name.slice(0, name.length - base.length + dot);
  const isImage = (text: string): boolean => imageExtensions.includes(text);
  if (extension === '.cls') return { key, kind: 'class' };
  if (isImage(extension)) return { key, kind: 'image' };
  const last = path.posix.extname(extension);
  return { key, kind: last !== extension && (last === '.cls' || isImage(last)) ? 'dotted' : 'other' };
}

/** `dotted`: an image or a class with a further dot in its extension. */
type MemberKind = 'image' | 'class' | 'dotted' | 'other';

/** The position of an image in its shard, and its class. */
export interface Sample extends ByteRange {
  readonly label: number;
}

export interface Shard {
  readonly samples: readonly Sample[];
  readonly leftOut: readonly LeftOut[];
  readonly notices: readonly string[];
  /** Samples with two images or two classes. */
  readonly conflicts: readonly string[];
}

/** Finds the samples of a shard. Only headers and classes are read. */
export async function openShard(file: string): Promise<Shard> {
  const { members, leftOut: others, error } = await indexTar(file);
  const leftOut: Unused[] = [...others];
  const images = new Map<string, ByteRange>();
  const classes = new Map<string, ByteRange>();
  const conflicts: string[] = [];
  for (const member of members) {
    const { key = '', kind = 'unused' } = parseMember(member.name) ?? {};
    if (kind === 'image' || kind === 'class') {
      const known = kind === 'image' ? images : classes;
      const earlier = known.get(key);
      if (earlier) {
        const both = earlier.name === member.name ? `${member.name} twice` : `${earlier.name} and ${member.name}`;
        conflicts.push(`${file}, key ${key}: two ${kind === 'image' ? 'images' : 'classes'}, ${both}`);
      } else known.set(key, member);
    } else leftOut.push([member.name, memberReasons[kind]]);
  }
  const labels = await readLabels(file, classes);
  const samples: Sample[] = [];
  for (const [key, image] of images) {
    const label = labels.get(key);
    if (label === undefined) leftOut.push([image.name, 'image without a class (a .cls file with a whole number)']);
    else if (image.size > maxFileBytes) leftOut.push([image.name, `image of more than ${maxFileBytes / 1e6} MB`]);
    else samples.push({ ...image, label });
  }
  for (const [key, { name }] of classes) if (!images.has(key)) leftOut.push([name, 'class without an image']);
  const truncated = error?.replace(/(\. Download it again)?\.$/, '');
  return {
    samples,
    conflicts,
    leftOut: countLeftOut(leftOut.map(([name, reason]): Unused => [`${file}, ${name}`, reason])),
    notices: truncated === undefined ? [] : [`${truncated}: only its first ${samples.length} images are used`],
  };
}

const memberReasons: Readonly<Record<Exclude<MemberKind, 'image' | 'class'> | 'unused', string>> = {
  dotted: 'image or class with a dot in its extension (the key ends at the first dot of the name)',
  other: `file that is neither an image (${imageExtensions.join(', ')}) nor a .cls file`,
  unused: 'file outside of samples',
};

/** The class of each sample by its key. */
async function readLabels(file: string, members: ReadonlyMap<string, ByteRange>): Promise<ReadonlyMap<string, number>> {
  const handle = await open(file, 'r');
  try {
    const labels = new Map<string, number>();
    for (const [key, { start, size }] of members) {
      const length = Math.min(size, 16);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
      const text = buffer.toString('latin1', 0, bytesRead).trim();
      if (size <= length && /^\d{1,5}$/.test(text) && Number(text) < maxClasses) labels.set(key, Number(text));
    }
    return labels;
  } catch (error) {
    throw fileError(error, 'read', file);
  } finally {
    await handle.close();
  }
}
