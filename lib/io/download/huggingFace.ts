import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { UserError } from '../../errors';
import { writeAtomic } from '../atomic';
import { fileError } from '../fileError';
import { download, type DownloadProgress } from './download';
import { httpGet, httpHead, NetworkError, UnreachableError } from './http';

/** A file of a repository on the Hugging Face hub. */
export interface HubFile {
  /** `owner/name` */
  readonly repository: string;
  readonly file: string;
  /** Branch, tag or commit. Default: `main`. */
  readonly revision?: string;
}

export interface HubOptions {
  /** Folder of the cache. Default: `data/downloads/huggingface` of the project. */
  readonly folder?: string;
  /** Never use the network, only files that were downloaded before. Default: false. */
  readonly offline?: boolean;
  /** Address of the hub. Default: the environment variable HF_ENDPOINT, then https://huggingface.co. */
  readonly endpoint?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds before the second of three attempts. Default: 1000. */
  readonly retryDelay?: number;
}

/**
 * The local path of a file of the hub. The file is downloaded once, and verified by the checksum that the hub states.
 * Each call checks the hub for changes; without a network, the last known version is used. Throws
 * UnreachableError if there is neither a network nor a local file, and UserError if the hub does not have the file or
 * the checksum does not match.
 */
export async function downloadHubFile(requested: HubFile, options: HubOptions = {}): Promise<string> {
  const { repository, file, revision = 'main' } = requested;
  for (const name of [repository, revision, file]) checkName(name);
  const cache = options.folder ?? path.join(process.cwd(), 'data', 'downloads', 'huggingface');
  const folder = path.join(cache, ...repository.split('/'));
  const identityFile = path.join(folder, 'revisions', encodeURIComponent(revision), `${encodeURIComponent(file)}.json`);
  const localPath = ({ hash }: Identity): string => path.join(folder, 'files', `${hash}${path.extname(file)}`);
  const isLocal = (identity: Identity): boolean =>
    existsSync(localPath(identity)) && statSync(localPath(identity)).size === identity.size;

  const url = `${endpoint(options)}/${repository}/resolve/${encodeURIComponent(revision)}/${file}`;
  const known = readKnownIdentity(identityFile);
  let identity: Identity;
  try {
    if (options.offline) {
      throw new UnreachableError(
        `${file} of ${repository} was not downloaded before, and downloads are disabled. ` +
          'Allow downloads, or give the path of a local file.',
      );
    }
    identity = await fetchIdentity(url, options);
  } catch (error) {
    if (error instanceof UnreachableError && known && isLocal(known)) return localPath(known);
    throw error;
  }
  if (!isLocal(identity)) await fetchFile(url, localPath(identity), identity, options);
  // Written only if it changes, because a shared cache may be read-only.
  if (JSON.stringify(identity) !== JSON.stringify(known)) {
    await writeAtomic(identityFile, `${JSON.stringify(identity)}\n`);
  }
  return localPath(identity);
}

/** The version of a file. The hub states a SHA-256 for large files and git's checksum for small ones. */
const identitySchema = z.object({
  kind: z.enum(['sha256', 'git']),
  hash: z.string(),
  size: z.number().int().nonnegative(),
});
type Identity = z.infer<typeof identitySchema>;

/** Files with only git's checksum are descriptions, not weights; larger ones are rejected. */
const maxSmallFileBytes = 2 ** 20;

function checkName(name: string): void {
  if (/^[\w.-]+(\/[\w.-]+)*$/.test(name) && !name.split('/').includes('..')) return;
  throw new UserError(
    `"${name}" is not a valid name on the Hugging Face hub. ` +
      'Use letters, digits, dots, dashes and underscores, separated by slashes.',
  );
}

function endpoint({ endpoint: given }: HubOptions): string {
  return (given ?? process.env['HF_ENDPOINT'] ?? 'https://huggingface.co').replace(/\/+$/, '');
}

function fetchIdentity(url: string, options: HubOptions): Promise<Identity> {
  return withRetries(url, options, async () => {
    const headers = await httpHead(url, { timeout: 30_000, signal: options.signal });
    const tag = headers.get('x-linked-etag') ?? headers.get('etag') ?? '';
    const hash = tag.replace(/^W\//, '').replace(/"/g, '').toLowerCase();
    const size = Number(headers.get('x-linked-size') ?? headers.get('content-length') ?? Number.NaN);
    const kind = /^[0-9a-f]{64}$/.test(hash) ? 'sha256' : /^[0-9a-f]{40}$/.test(hash) ? 'git' : undefined;
    if (kind && Number.isSafeInteger(size) && size >= 0) return { kind, hash, size };
    throw new UserError(
      `${url} has no checksum or no size, unlike files of the Hugging Face hub. Check the address in HF_ENDPOINT.`,
    );
  });
}

async function fetchFile(
  url: string,
  target: string,
  { kind, hash, size }: Identity,
  options: HubOptions,
): Promise<void> {
  const { onProgress, signal, retryDelay } = options;
  if (kind === 'sha256') return download({ url, target, sha256: hash, maxBytes: size, onProgress, signal, retryDelay });
  if (size > maxSmallFileBytes) {
    throw new UserError(
      `${url} has ${size} bytes and no SHA-256, so that it is not downloaded. Download it yourself and give its path.`,
    );
  }
  const content = await withRetries(url, options, () => fetchSmallFile(url, size, signal));
  const checksum = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  if (checksum !== hash) {
    throw new UserError(`${url} does not have the checksum that the hub states: it was damaged on the way. Try again.`);
  }
  await writeAtomic(target, content);
}

async function fetchSmallFile(url: string, size: number, signal: AbortSignal | undefined): Promise<Buffer> {
  const body = await httpGet(url, { offset: 0, timeout: 30_000, signal });
  if (!body) throw new NetworkError('the server sent no data');
  const chunks: Uint8Array[] = [];
  let received = 0;
  try {
    for await (const chunk of body.chunks) {
      received += chunk.length;
      if (received > size) throw new UserError(`${url} is longer than the hub states (${size} bytes). Try again.`);
      chunks.push(chunk);
    }
  } finally {
    body.close();
  }
  return Buffer.concat(chunks);
}

/** Makes up to three attempts while the network fails. */
async function withRetries<T>(
  url: string,
  { signal, retryDelay = 1000 }: HubOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      if (failures === 3) {
        throw new UnreachableError(
          `${url} could not be reached: ${error.message}. Check the network, or give the path of a local file.`,
        );
      }
      await sleep(retryDelay * 2 ** (failures - 1), undefined, { signal });
    }
  }
}

/** The identity of the file when it was last downloaded. */
function readKnownIdentity(file: string): Identity | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const parsed = identitySchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw fileError(error, 'read', file);
  }
}
