import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../errors';
import { ByteReader } from './byteReader';
import { errorCode, fileError } from '../fileError';
import { blockBytes, checkHeader, damagedArchive, gzipMagic, nextHeader } from './header';

/** A file inside an archive. Its bytes are read before the next member is asked for; what is left unread is passed over. */
export interface TarMember {
  readonly name: string;
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface TarLimits {
  /** The most bytes of the whole archive once decompressed. */
  readonly totalBytes: number;
  readonly members: number;
}

/**
 * The files of a .tar or .tar.gz, one after the other, held nowhere and never written to disk.
 * Refuses with a UserError: a cut or damaged archive, one beyond the limits (which stops archives made to swell), links and
 * devices, and names that lead out of the archive's folder. Read it to the end: only then is the checksum of a .gz looked at.
 * (tar-stream 3 waits forever on a header with a false size, and on a member that is left half read.)
 */
export async function* readTar(file: string, limits: TarLimits): AsyncGenerator<TarMember> {
  const stream = await openArchive(file);
  const bytes = new ByteReader(stream[Symbol.asyncIterator](), file, limits.totalBytes);
  try {
    let members = 0;
    for (let header = await nextHeader(bytes, file); header; header = await nextHeader(bytes, file)) {
      if (++members > limits.members)
        throw new UserError(
          `${file} holds more than the ${limits.members} files expected. It is not the archive we want.`,
        );
      const { name, size, type } = checkHeader(header, file);
      const content = new Content(bytes, size, file);
      if (type === '0') yield { name, size, chunks: content.read() };
      await content.pass();
    }
    await bytes.readToEnd();
  } catch (error) {
    throw toUserError(error, file);
  } finally {
    stream.destroy();
  }
}

/** Large, since each piece is a hop to another thread and back, which a busy machine makes slow. */
const pieceBytes = 1 << 22;

/** What a member holds, padded to whole blocks. */
class Content {
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
      for await (const piece of this.bytes.readChunks(this.left)) {
        this.left -= piece.length;
        yield piece;
      }
    } catch (error) {
      throw toUserError(error, this.file);
    }
  }

  async pass(): Promise<void> {
    const padding = (blockBytes - (this.size % blockBytes)) % blockBytes;
    for await (const piece of this.bytes.readChunks(this.left + padding)) void piece;
    this.left = 0;
  }
}

async function openArchive(file: string): Promise<Readable> {
  try {
    const handle = await open(file, 'r');
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0).finally(() => handle.close());
    const source = createReadStream(file, { highWaterMark: pieceBytes });
    return buffer.readUInt16BE() === gzipMagic
      ? pipeline(source, createGunzip({ chunkSize: pieceBytes }), () => undefined)
      : source;
  } catch (error) {
    throw fileError(error, 'read', file);
  }
}

function toUserError(error: unknown, file: string): UserError {
  const code = errorCode(error) ?? '';
  if (code === 'Z_BUF_ERROR') return new UserError(`${file} ends too early. Fetch it again.`, { cause: error });
  if (code.startsWith('Z_')) return damagedArchive(file, error);
  return fileError(error, 'read', file);
}
