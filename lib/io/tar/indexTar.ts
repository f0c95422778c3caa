import { open, type FileHandle } from 'node:fs/promises';
import { UserError } from '../../errors';
import { fileError } from '../fileError';
import { blockBytes, checkHeader, gzipMagic, nextHeader } from './header';

/** Where a file lies in an archive that is not compressed. */
export interface ByteRange {
  readonly name: string;
  readonly start: number;
  readonly size: number;
}

export interface TarIndex {
  readonly members: readonly ByteRange[];
  /** Why the rest of the archive cannot be used, where it is cut short or damaged. */
  readonly error?: string;
}

/** Finds the whole files of a .tar by its headers alone. Throws a UserError where it cannot be opened, or is compressed. */
export async function indexTar(file: string): Promise<TarIndex> {
  const handle = await open(file, 'r').catch((error) => {
    throw fileError(error, 'read', file);
  });
  const members: ByteRange[] = [];
  try {
    const { size: end } = await handle.stat();
    const bytes = new WindowReader(handle, file);
    if ((await bytes.peek(2)).equals(Buffer.from([gzipMagic >> 8, gzipMagic & 0xff])))
      throw new CompressedError(
        `${file} is compressed: images in it cannot be found without unpacking it all. Unpack it: gunzip ${file}`,
      );
    for (let header = await nextHeader(bytes, file); header; header = await nextHeader(bytes, file)) {
      const { name, size, type } = checkHeader(header, file);
      if (bytes.at + size > end) throw new UserError(`${file} ends within ${name}.`);
      if (type === '0') members.push({ name, start: bytes.at, size });
      bytes.at += Math.ceil(size / blockBytes) * blockBytes;
    }
    return { members };
  } catch (error) {
    if (error instanceof CompressedError) throw error;
    return { members, error: fileError(error, 'read', file).message };
  } finally {
    await handle.close();
  }
}

class CompressedError extends UserError {}

/** Reads a file at any place, more at a time than it is asked for: headers often follow one another closely. */
class WindowReader {
  at = 0;
  private window = Buffer.alloc(0);
  private first = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly file: string,
  ) {}

  async readExactly(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    if (bytes.length < length) throw new UserError(`${this.file} ends too early.`);
    this.at += length;
    return bytes;
  }

  /** The next bytes, fewer at the end of the file. */
  async peek(length: number): Promise<Buffer> {
    if (this.at < this.first || this.at + length > this.first + this.window.length) {
      const wanted = Math.max(length, 8 * blockBytes);
      const { buffer, bytesRead } = await this.handle.read(Buffer.alloc(wanted), 0, wanted, this.at);
      this.window = buffer.subarray(0, bytesRead);
      this.first = this.at;
    }
    return this.window.subarray(this.at - this.first, this.at - this.first + length);
  }
}
