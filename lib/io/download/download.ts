import { mkdir, open, stat, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../errors';
import { syncFolder } from '../atomic';
import { fileError } from '../fileError';
import { sha256 } from '../sha256';
import { httpGet, NetworkError, UnreachableError } from './http';
import { PartFile } from './partFile';

export interface Download {
  readonly url: string;
  /** The path of the file once it is complete and its checksum verified. Its folder is created if missing. */
  readonly target: string;
  readonly sha256: string;
  /** Longer files are rejected. */
  readonly maxBytes: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Aborts the download. The received bytes are kept for the next time. */
  readonly signal?: AbortSignal;
  /** Number of consecutive attempts without a new byte before the download fails. Default: 5. */
  readonly attempts?: number;
  /** Milliseconds without data after which an attempt fails. Default: 30,000. */
  readonly timeout?: number;
  /** Milliseconds before the second attempt, doubled for each further one. Default: 1000. */
  readonly retryDelay?: number;
}

export interface DownloadProgress {
  readonly received: number;
  readonly total: number | undefined;
}

/**
 * Downloads a file: resumes an earlier attempt, verifies the SHA-256, and only then moves the file to its path. Throws
 * UnreachableError if the network fails, and UserError for a wrong checksum, a rejected address, or a full or read-only
 * disk.
 */
export async function download(request: Download): Promise<void> {
  const { target } = request;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    const part = await PartFile.claim(target);
    try {
      await fetchAndVerify(part, request);
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

/**
 * Downloads the whole file a second time if it was resumed and is wrong, since the earlier part may have been damaged.
 */
async function fetchAndVerify(part: PartFile, request: Download): Promise<void> {
  const wasResumed = (await sizeOf(part.path)) > 0;
  for (let attempts = wasResumed ? 2 : 1; attempts > 0; attempts--) {
    await fetchAll(part, request);
    if ((await sha256(part.path)) === request.sha256) return;
    await part.remove();
  }
  throw new UserError(
    `${request.url} does not have the expected SHA-256 ${request.sha256}: ` +
      'the file was changed, or damaged on the way. It was discarded. ' +
      'Try again, or download the file from a source you trust.',
  );
}

/** Retries while the network fails. Progress resets the number of attempts. */
async function fetchAll(part: PartFile, request: Download): Promise<void> {
  const { attempts = 5, retryDelay = 1000 } = request;
  let maxSize = await sizeOf(part.path);
  for (let failures = 1; ; failures++) {
    try {
      return await fetchRest(part, request);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const size = await sizeOf(part.path);
      if (size > maxSize) failures = 1;
      maxSize = Math.max(maxSize, size);
      if (failures >= attempts) throw unreachable(request, error);
      await sleep(retryDelay * 2 ** (failures - 1), undefined, { signal: request.signal });
    }
  }
}

/**
 * Appends the missing bytes. A server without range requests sends the whole file, which replaces the received bytes.
 */
async function fetchRest(
  part: PartFile,
  { url, maxBytes, onProgress, signal, timeout = 30_000 }: Download,
): Promise<void> {
  const handle = await open(part.path, 'a');
  try {
    const size = (await handle.stat()).size;
    const body = await httpGet(url, { offset: size, timeout, signal });
    if (body === undefined) return;
    try {
      if (body.offset !== size) await handle.truncate(0);
      if (body.offset !== size && body.offset !== 0) {
        throw new NetworkError('the server sent another part of the file than requested');
      }
      await checkSpace(part.path, body.total, body.offset, maxBytes, url);
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

/** Appends chunks and returns the new size. `onBytes` receives the size before each chunk is written. */
async function append(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  offset: number,
  onBytes: (received: number) => void,
): Promise<number> {
  let received = offset;
  for await (const chunk of chunks) {
    received += chunk.length;
    onBytes(received);
    await handle.appendFile(chunk);
  }
  return received;
}

async function checkSpace(
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
      `${file} needs ${megabytes(total - offset)} more, but its disk has only ${megabytes(free)} free. ` +
        'Free some space and run it again.',
    );
  }
}

function tooLong(url: string, maxBytes: number): UserError {
  return new UserError(
    `${url} is longer than the expected ${megabytes(maxBytes)}, so that it is another file. ` +
      'It was discarded. Check the address.',
  );
}

function unreachable({ url, target }: Download, error: NetworkError): UnreachableError {
  const hasProxy = Boolean(process.env['HTTPS_PROXY'] ?? process.env['https_proxy']);
  const proxyHint =
    ' HTTPS_PROXY is set, but downloads here do not use it: download the file with a program that does, such as curl.';
  return new UnreachableError(
    `${url} could not be downloaded: ${error.message}. ` +
      `Check the network and run it again, which resumes the download, or put the file at ${target} yourself.` +
      (hasProxy ? proxyHint : ''),
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
