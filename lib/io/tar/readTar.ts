import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../errors';
import { errorCode, fileError } from '../fileError';
import { ByteReader } from './byteReader';
import { blockBytes, checkHeader, damagedArchive, gzipMagic, nextHeader } from './header';

/** A file in an archive. Read its chunks before requesting the next member; unread ones are skipped. */
export interface TarMember {
  readonly name: string;
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface TarLimits {
  /** Maximum size of the decompressed archive. */
  readonly totalBytes: number;
  /** Maximum number of members. */
  readonly members: number;
}

/**
 * The files of a .tar or .tar.gz archive one after the other, streamed and never written to disk. Throws a UserError
 * for a truncated or damaged archive, one that exceeds the limits (such as a decompression bomb), links, devices, and
 * names that lead out of the archive's folder. Read to the end: only then is the checksum of a .gz verified.
 * (tar-stream 3 waits forever on a header with a wrong size and on a partly read member.)
 */
export async function* readTar(file: string, limits: TarLimits): AsyncGenerator<TarMember> {
  const stream = await openArchive(file);
  const bytes = new ByteReader(stream[Symbol.asyncIterator](), file, limits.totalBytes);
  try {
    let members = 0;
    for (let header = await nextHeader(bytes, file); header; header = await nextHeader(bytes, file)) {
      if (++members > limits.members) {
        throw new UserError(
          `${file} contains more than the expected ${limits.members} files, so that it is another archive. ` +
            'Check where it comes from.',
        );
      }
      const { name, size, type } = checkHeader(header, file);
      const content = new MemberContent(bytes, size, file);
      if (type === '0') yield { name, size, chunks: content.read() };
      await content.skipRest();
    }
    await bytes.readToEnd();
  } catch (error) {
    throw toUserError(error, file);
  } finally {
    stream.destroy();
  }
}

/** Large, because decompression passes each chunk through another thread, which is slow on a busy machine. */
const chunkBytes = 1 << 22;

/** The content of a member, padded to whole blocks. */
class MemberContent {
  private left: number;

  constructor(
    private readonly bytes: ByteReader,
    private readonly size: number,
    private readonly file: string,
  ) {
    this.left = size;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.bytes.readChunks(this.left)) {
        this.left -= chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw toUserError(error, this.file);
    }
  }

  async skipRest(): Promise<void> {
    const padding = (blockBytes - (this.size % blockBytes)) % blockBytes;
    for await (const chunk of this.bytes.readChunks(this.left + padding)) void chunk;
    this.left = 0;
  }
}

async function openArchive(file: string): Promise<Readable> {
  try {
    const handle = await open(file, 'r');
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0).finally(() => handle.close());
    const source = createReadStream(file, { highWaterMark: chunkBytes });
    return buffer.readUInt16BE() === gzipMagic
      ? pipeline(source, createGunzip({ chunkSize: chunkBytes }), () => undefined)
      : source;
  } catch (error) {
    throw fileError(error, 'read', file);
  }
}

function toUserError(error: unknown, file: string): UserError {
  const code = errorCode(error) ?? '';
  if (code === 'Z_BUF_ERROR') return new UserError(`${file} ends too early. Download it again.`, { cause: error });
  if (code.startsWith('Z_')) return damagedArchive(file, error);
  return fileError(error, 'read', file);
}
