import { open, type FileHandle } from 'node:fs/promises';
import { UserError } from '../../errors';
import { fileError } from '../fileError';
import { blockBytes, checkHeader, gzipMagic, kindWithoutContent, nameInside, nextHeader } from './header';

/** The position of a file in an uncompressed archive. */
export interface ByteRange {
  readonly name: string;
  readonly start: number;
  readonly size: number;
}

export interface TarIndex {
  readonly members: readonly ByteRange[];
  /** Members that are not files, such as links, and those whose name leads out of the archive's folder. */
  readonly leftOut: readonly (readonly [name: string, reason: string])[];
  /** The error at which the index ends, if the archive is truncated or damaged. */
  readonly error?: string;
}

/**
 * Finds the complete files of a .tar archive by reading only the headers. Throws a UserError if the archive cannot be
 * opened, is compressed, or continues after its end marker.
 */
export async function indexTar(file: string): Promise<TarIndex> {
  const handle = await open(file, 'r').catch((error) => {
    throw fileError(error, 'read', file);
  });
  try {
    const { size: fileSize } = await handle.stat();
    const reader = new BufferedReader(handle, file);
    if ((await reader.peek(2)).equals(Buffer.from([gzipMagic >> 8, gzipMagic & 0xff]))) {
      throw new UserError(
        `${file} is compressed, so that single images in it cannot be read. Unpack it: gunzip ${file}`,
      );
    }
    const index = await readMembers(reader, file, fileSize);
    if (index.error === undefined) await checkEnd(reader, file, fileSize);
    return index;
  } catch (error) {
    throw fileError(error, 'read', file);
  } finally {
    await handle.close();
  }
}

async function readMembers(reader: BufferedReader, file: string, fileSize: number): Promise<TarIndex> {
  const members: ByteRange[] = [];
  const leftOut: [string, string][] = [];
  try {
    for (let header = await nextHeader(reader, file); header; header = await nextHeader(reader, file)) {
      const kind = kindWithoutContent(header);
      if (kind !== undefined) {
        leftOut.push([header.name, kind]);
        continue;
      }
      const name = nameInside(header);
      const { size, type } = checkHeader(name === undefined ? { ...header, name: 'outside' } : header, file);
      if (reader.position + size > fileSize) {
        throw new UserError(`${file} ends too early, inside ${header.name}. Download it again.`);
      }
      if (name === undefined) leftOut.push([header.name, "name that leads out of the archive's folder"]);
      else if (type === '0') members.push({ name, start: reader.position, size });
      reader.position += Math.ceil(size / blockBytes) * blockBytes;
    }
    return { members, leftOut };
  } catch (error) {
    return { members, leftOut, error: fileError(error, 'read', file).message };
  }
}

/** Throws a UserError if anything but zeros follows the end marker, which readers would ignore without a word. */
async function checkEnd(reader: BufferedReader, file: string, fileSize: number): Promise<void> {
  const end = reader.position - blockBytes;
  for (;;) {
    const bytes = await reader.peek(1 << 20);
    if (bytes.length === 0) return;
    const first = bytes.findIndex((byte) => byte !== 0);
    if (first < 0) {
      reader.position += bytes.length;
      continue;
    }
    const following = fileSize - (reader.position + first);
    throw new UserError(
      `${file} has an end marker at byte ${end}, and ${following} bytes follow it, which would be ignored. It may ` +
        'consist of several archives: join these with "tar --concatenate" instead of cat. Or create it again.',
    );
  }
}

/** Reads a file at `position`, in larger blocks than requested, since headers are often close to each other. */
class BufferedReader {
  position = 0;
  private buffer = Buffer.alloc(0);
  private bufferStart = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly file: string,
  ) {}

  async readExactly(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    if (bytes.length < length) throw new UserError(`${this.file} ends too early. Download it again.`);
    this.position += length;
    return bytes;
  }

  /** The next bytes without advancing; fewer than `length` at the end of the file. */
  async peek(length: number): Promise<Buffer> {
    const bufferEnd = this.bufferStart + this.buffer.length;
    if (this.position < this.bufferStart || this.position + length > bufferEnd) {
      const bytes = Math.max(length, 8 * blockBytes);
      const { buffer, bytesRead } = await this.handle.read(Buffer.alloc(bytes), 0, bytes, this.position);
      this.buffer = buffer.subarray(0, bytesRead);
      this.bufferStart = this.position;
    }
    return this.buffer.subarray(this.position - this.bufferStart, this.position - this.bufferStart + length);
  }
}
