import { open, type FileHandle } from 'node:fs/promises';
import { UserError } from '../../errors';
import { fileError } from '../fileError';
import { blockBytes, checkHeader, gzipMagic, nextHeader } from './header';

/** The position of a file in an uncompressed archive. */
export interface ByteRange {
  readonly name: string;
  readonly start: number;
  readonly size: number;
}

export interface TarIndex {
  readonly members: readonly ByteRange[];
  /** The error at which the index ends, if the archive is truncated or damaged. */
  readonly error?: string;
}

/**
 * Finds the complete files of a .tar archive by reading only the headers. Throws a UserError if the archive cannot be
 * opened or is compressed.
 */
export async function indexTar(file: string): Promise<TarIndex> {
  const handle = await open(file, 'r').catch((error) => {
    throw fileError(error, 'read', file);
  });
  const members: ByteRange[] = [];
  try {
    const { size: fileSize } = await handle.stat();
    const reader = new BufferedReader(handle, file);
    if ((await reader.peek(2)).equals(Buffer.from([gzipMagic >> 8, gzipMagic & 0xff]))) {
      throw new CompressedError(
        `${file} is compressed, so that single images in it cannot be read. Unpack it: gunzip ${file}`,
      );
    }
    for (let header = await nextHeader(reader, file); header; header = await nextHeader(reader, file)) {
      const { name, size, type } = checkHeader(header, file);
      if (reader.position + size > fileSize) {
        throw new UserError(`${file} ends too early, inside ${name}. Download it again.`);
      }
      if (type === '0') members.push({ name, start: reader.position, size });
      reader.position += Math.ceil(size / blockBytes) * blockBytes;
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
