import { open } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import type { FileDataset } from './dataset';
import { stringAt } from './packedStrings';

/** The name of an image in error messages: its path, or the path of its shard and its name in it. */
export function imageName({ folder, names, shards }: FileDataset, index: number): string {
  const name = stringAt(names, index);
  return shards ? `${path.join(folder, shards.files[shards.fileIndex[index]!]!)}, ${name}` : path.join(folder, name);
}

/** Larger files are not read: no image within the limit of pixels needs so many bytes. */
export const maxFileBytes = 1e9;

/**
 * The encoded bytes of an image as stored, or the first `maxBytes` of them. Throws a UserError that names the image if
 * they cannot be read or are more than `maxFileBytes`.
 */
export async function readImage(dataset: FileDataset, index: number, maxBytes = maxFileBytes): Promise<Buffer> {
  try {
    return dataset.shards
      ? await readFromShard(dataset, index, maxBytes)
      : await readFromFile(path.join(dataset.folder, stringAt(dataset.names, index)), maxBytes);
  } catch (error) {
    throw fileError(error, 'read', imageName(dataset, index));
  }
}

async function readFromFile(file: string, maxBytes: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size > maxFileBytes) {
      throw new UserError(
        `${file} has ${size} bytes, more than the limit of ${maxFileBytes}. Convert it to a JPEG or PNG.`,
      );
    }
    if (size <= maxBytes) return await handle.readFile();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function readFromShard({ folder, shards }: FileDataset, index: number, maxBytes: number): Promise<Buffer> {
  const { files, fileIndex, start, length } = shards!;
  const handle = await open(path.join(folder, files[fileIndex[index]!]!), 'r');
  try {
    const bytes = Math.min(length[index]!, maxBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, start[index]);
    if (bytesRead < bytes) throw new UserError('the archive ends too early');
    return buffer;
  } finally {
    await handle.close();
  }
}
