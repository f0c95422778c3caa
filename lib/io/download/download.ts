import { mkdir, open, stat, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../errors';
import { syncFolder } from '../atomic';
import { fileError } from '../fileError';
import { httpGet, NetworkError, UnreachableError } from './http';
import { PartFile } from './partFile';
import { sha256 } from '../sha256';

export interface Download {
  readonly url: string;
  /** Where the file goes once it is whole and its checksum right; its folder is made if missing. */
  readonly target: string;
  readonly sha256: string;
  /** The most bytes that are accepted. */
  readonly maxBytes: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops the download; what has arrived is kept for the next time. */
  readonly signal?: AbortSignal;
  /** Tries in a row without a new byte before giving up. */
  readonly attempts?: number;
  /** Longest silence of the server, in milliseconds. */
  readonly patience?: number;
  /** Milliseconds before the second try; doubled for each further one. */
  readonly pause?: number;
}

export interface DownloadProgress {
  readonly received: number;
  readonly total: number | undefined;
}

/**
 * Fetches a file: resumed where an earlier try was cut, checked by SHA-256, and put in place only when right.
 * Throws UnreachableError when the network fails, UserError for a wrong checksum, a refused address, a full or read-only disk.
 */
export async function download(request: Download): Promise<void> {
  const { target } = request;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    const part = await PartFile.claim(target);
    try {
      await fetchAndCheck(part, request);
      await part.finish();
      await syncFolder(path.dirname(target));
    } finally {
      await part.release();
    }
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw fileError(error, 'write', target);
  }
}

/** What was resumed may have been damaged before: then, and only then, all of it is fetched once more. */
async function fetchAndCheck(part: PartFile, request: Download): Promise<void> {
  const resumed = (await sizeOf(part.path)) > 0;
  await fetchAll(part, request);
  if (await isRight(part, request)) return;
  await part.remove();
  if (resumed) {
    await fetchAll(part, request);
    if (await isRight(part, request)) return;
    await part.remove();
  }
  throw new UserError(
    `${request.url} does not have the expected SHA-256 ${request.sha256}: the file was changed, or damaged on the way. ` +
      'It was discarded. Try again, or fetch the file from a source you trust.',
  );
}

async function isRight(part: PartFile, request: Download): Promise<boolean> {
  return (await sha256(part.path)) === request.sha256;
}

async function fetchAll(part: PartFile, request: Download): Promise<void> {
  const { attempts = 5, pause = 1000 } = request;
  let most = await sizeOf(part.path);
  for (let failures = 1; ; failures++) {
    try {
      return await fetchRest(part, request);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const size = await sizeOf(part.path);
      if (size > most) failures = 1;
      most = Math.max(most, size);
      if (failures >= attempts) throw unreachable(request, error);
      await sleep(pause * 2 ** (failures - 1), undefined, { signal: request.signal });
    }
  }
}

/** Appends what is missing. A server that knows no ranges sends everything, which then replaces what there was. */
async function fetchRest(
  part: PartFile,
  { url, maxBytes, onProgress, signal, patience = 30_000 }: Download,
): Promise<void> {
  const handle = await open(part.path, 'a');
  try {
    const size = (await handle.stat()).size;
    const body = await httpGet(url, { offset: size, patience, signal });
    if (body === undefined) return;
    try {
      if (body.offset !== size) await handle.truncate(0);
      if (body.offset !== size && body.offset !== 0)
        throw new NetworkError('the server sent another part than was asked for');
      await checkRoom(part.path, body.total, body.offset, maxBytes, url);
      const received = await append(handle, body.chunks, body.offset, (now) => {
        if (now > maxBytes) throw tooLong(url, maxBytes);
        onProgress?.({ received: now, total: body.total });
      });
      if (body.total !== undefined && received < body.total) throw new NetworkError('the connection ended early');
    } finally {
      body.close();
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function append(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  offset: number,
  advance: (received: number) => void,
): Promise<number> {
  let received = offset;
  for await (const chunk of chunks) {
    received += chunk.length;
    advance(received);
    await handle.appendFile(chunk);
  }
  return received;
}

async function checkRoom(
  file: string,
  total: number | undefined,
  offset: number,
  maxBytes: number,
  url: string,
): Promise<void> {
  if (total === undefined) return;
  if (total > maxBytes) throw tooLong(url, maxBytes);
  const { bavail, bsize } = await statfs(path.dirname(file));
  const free = bavail * bsize;
  if (total - offset > free) {
    throw new UserError(
      `${file} needs ${megabytes(total - offset)} more, and its disk has ${megabytes(free)} free. Make room and run it again.`,
    );
  }
}

function tooLong(url: string, maxBytes: number): UserError {
  return new UserError(
    `${url} is longer than the ${megabytes(maxBytes)} expected: it is not the file we want. Nothing was kept in its place.`,
  );
}

function unreachable({ url, target }: Download, fault: NetworkError): UnreachableError {
  return new UnreachableError(
    `${url} could not be downloaded: ${fault.message}. Check the network and run it again (it resumes), or put the file at ${target} yourself.` +
      ((process.env['HTTPS_PROXY'] ?? process.env['https_proxy'])
        ? ' HTTPS_PROXY is set, which is not used here: fetch the file with a program that does, such as curl.'
        : ''),
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
