import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../errors';
import { ByteReader } from './byteReader';
import { errorCode, fileFault } from './fileFault';
import { parsePax, parseTarHeader, text, type TarHeader } from './tarHeader';

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
      if (++members > limits.members) throw new UserError(`${file} holds more than the ${limits.members} files expected. It is not the archive we want.`);
      const { name, size, type } = checked(header, file);
      const content = new Content(bytes, size, file);
      if (type === '0') yield { name, size, chunks: content.read() };
      await content.pass();
    }
    await bytes.finish();
  } catch (error) {
    throw asFault(error, file);
  } finally {
    stream.destroy();
  }
}

export const block = 512;
/** Large, since each piece is a hop to another thread and back, which a busy machine makes slow. */
const pieceBytes = 1 << 22;
export const gzipMagic = 0x1f8b;
/** The most bytes of a header that tells of the next member, such as a long name. */
const mostWords = 1 << 16;

/** What a member holds, padded to whole blocks. */
class Content {
  private left: number;

  constructor(private readonly bytes: ByteReader, private readonly size: number, private readonly file: string) {
    this.left = size;
  }

  async* read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of this.bytes.pieces(this.left)) {
        this.left -= piece.length;
        yield piece;
      }
    } catch (error) {
      throw asFault(error, this.file);
    }
  }

  async pass(): Promise<void> {
    const padding = (block - (this.size % block)) % block;
    for await (const piece of this.bytes.pieces(this.left + padding)) void piece;
    this.left = 0;
  }
}

async function openArchive(file: string): Promise<Readable> {
  try {
    const handle = await open(file, 'r');
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0).finally(() => handle.close());
    const source = createReadStream(file, { highWaterMark: pieceBytes });
    return buffer.readUInt16BE() === gzipMagic ? pipeline(source, createGunzip({ chunkSize: pieceBytes }), () => undefined) : source;
  } catch (error) {
    throw fileFault(error, 'read', file);
  }
}

/** The header of the next file or folder, with the long name or size that headers before it give; undefined at the archive's end. */
export async function nextHeader(bytes: Pick<ByteReader, 'exactly'>, file: string): Promise<TarHeader | undefined> {
  let given: Partial<Pick<TarHeader, 'name' | 'size'>> = {};
  for (;;) {
    const head = await bytes.exactly(block);
    if (head.every((byte) => byte === 0)) return undefined;
    const header = parseTarHeader(head);
    if (header === undefined) throw damaged(file);
    if (!/[xgLK]/.test(header.type)) return { ...header, ...given };
    if (header.size > mostWords) throw damaged(file);
    const padded = await bytes.exactly(Math.ceil(header.size / block) * block);
    given = { ...given, ...words(header.type, padded.subarray(0, header.size), file) };
  }
}

function words(type: string, content: Buffer, file: string): Partial<Pick<TarHeader, 'name' | 'size'>> {
  if (type === 'L') return { name: text(content) };
  if (type !== 'x') return {};
  const pax = parsePax(content);
  if (pax === undefined) throw damaged(file);
  if ([...pax.keys()].some((key) => key.startsWith('GNU.sparse'))) throw new UserError(`${file} holds a sparse file. Such an archive is not read.`);
  const name = pax.get('path');
  const size = pax.get('size');
  if (size !== undefined && !(/^\d+$/.test(size) && Number.isSafeInteger(Number(size)))) throw damaged(file);
  return { ...(name !== undefined && { name }), ...(size !== undefined && { size: Number(size) }) };
}

/** The header, unless it is of something that is not read: a link, a device, a name that leads out of the archive's folder. */
export function checked(header: TarHeader, file: string): TarHeader {
  const { name, type } = header;
  const shown = JSON.stringify(name);
  if (type !== '0' && type !== '5') throw new UserError(`${file} holds ${shown}, which is a ${kinds[type] ?? 'thing unknown'}. Such an archive is not read.`);
  if (name === '' || name.startsWith('/') || /[\\\0]/.test(name) || name.split('/').includes('..')) {
    throw new UserError(`${file} holds a file named ${shown}, which leads out of the archive's folder. Such an archive is not read.`);
  }
  return { ...header, name: name.replace(/^(\.\/)+/, '') };
}

const kinds: Readonly<Record<string, string>> = { 1: 'link', 2: 'link', 3: 'device', 4: 'device', 6: 'pipe', S: 'sparse file' };

function asFault(error: unknown, file: string): UserError {
  const code = errorCode(error) ?? '';
  if (code === 'Z_BUF_ERROR') return new UserError(`${file} ends too early. Fetch it again.`, { cause: error });
  if (code.startsWith('Z_')) return damaged(file, error);
  return fileFault(error, 'read', file);
}

function damaged(file: string, cause?: unknown): UserError {
  return new UserError(`${file} is damaged, or no tar archive. Fetch it again.`, { cause });
}
