import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform, type Readable, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Entry } from 'tar-stream';
import { UserError } from '../errors';
import { errorCode, fileFault } from './fileFault';

/** A file inside an archive. Its bytes are read once, before the next member is asked for; what is left unread is passed over. */
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
 */
export async function* readTar(file: string, limits: TarLimits): AsyncGenerator<TarMember> {
  const entries = extract();
  const unpack = await decompression(file);
  const source = createReadStream(file, { highWaterMark: blockBytes });
  const flow = pipeline([source, ...unpack, new Limit(limits.totalBytes, file), entries]).then(() => undefined, (error: unknown) => error);
  try {
    let members = 0;
    for await (const entry of entries) {
      if (++members > limits.members) throw new UserError(`${file} holds more than the ${limits.members} files expected. It is not the archive we want.`);
      const { name, size, isFile } = checked(entry, file);
      if (isFile) yield { name, size, chunks: content(entry, file) };
      entry.resume();
    }
    const fault = await flow;
    if (fault !== undefined) throw fault;
  } catch (error) {
    throw asFault(error, file);
  } finally {
    entries.destroy();
    await flow;
  }
}

const blockBytes = 1 << 18;
const gzipMagic = 0x1f8b;

async function decompression(file: string): Promise<Transform[]> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw fileFault(error, 'read', file);
  });
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.readUInt16BE() === gzipMagic ? [createGunzip({ chunkSize: blockBytes })] : [];
  } catch (error) {
    throw fileFault(error, 'read', file);
  } finally {
    await handle.close();
  }
}

async function* content(entry: Readable, file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of entry) yield chunk;
  } catch (error) {
    throw asFault(error, file);
  }
}

function checked({ header }: Entry, file: string): { readonly name: string; readonly size: number; readonly isFile: boolean } {
  const { name, size = 0, type } = header;
  const shown = JSON.stringify(name);
  if (!Number.isSafeInteger(size) || size < 0) throw new UserError(`${file} is damaged: its member ${shown} has no proper size.`);
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') {
    throw new UserError(`${file} holds ${shown}, which is no plain file but a ${type ?? 'thing unknown'}. Such an archive is not read.`);
  }
  if (name.startsWith('/') || name.includes('\\') || name.includes('\0') || name.split('/').includes('..')) {
    throw new UserError(`${file} holds a file named ${shown}, which leads out of the archive's folder. Such an archive is not read.`);
  }
  return { name: name.replace(/^(\.\/)+/, ''), size, isFile: type !== 'directory' };
}

function asFault(error: unknown, file: string): UserError {
  const code = errorCode(error) ?? '';
  if (error instanceof UserError || /^E[A-Z]+$/.test(code)) return fileFault(error, 'read', file);
  const reason = code === 'Z_BUF_ERROR' || isEarlyEnd(error) ? 'it ends too early' : error instanceof Error ? error.message : String(error);
  return new UserError(`${file} is not a whole tar archive: ${reason}. Fetch it again.`, { cause: error });
}

function isEarlyEnd(error: unknown): boolean {
  return error instanceof Error && error.message === 'Unexpected end of data';
}

/** Lets so many bytes pass and no more. */
class Limit extends Transform {
  private passed = 0;

  constructor(private readonly most: number, private readonly file: string) {
    super({ highWaterMark: blockBytes });
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    this.passed += chunk.length;
    if (this.passed <= this.most) return done(null, chunk);
    done(new UserError(`${this.file} swells beyond the ${(this.most / 1e6).toFixed(0)} MB expected. It is not the archive we want.`));
  }
}
