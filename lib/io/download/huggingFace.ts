import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { UserError } from '../../errors';
import { writeAtomic } from '../atomic';
import { download, type DownloadProgress } from './download';
import { fileError } from '../fileError';
import { httpGet, httpHead, NetworkError, UnreachableError } from './http';

/** A file of a repository on the Hugging Face hub. */
export interface HubFile {
  /** `owner/name` */
  readonly repository: string;
  readonly file: string;
  /** Branch, tag or commit; `main` unless told. */
  readonly revision?: string;
}

export interface HubOptions {
  /** Where files are kept: `data/downloads/huggingface` of the project unless told. */
  readonly folder?: string;
  /** Never ask the network: only files that were fetched before. */
  readonly offline?: boolean;
  /** The hub's address; else that in HF_ENDPOINT, else https://huggingface.co. */
  readonly endpoint?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds before the second of three tries. */
  readonly pause?: number;
}

/**
 * The local path of a hub's file, downloaded once: resumed where it was cut, checked against the hub's own checksum. The hub is asked
 * each time whether the file changed; without a network the last one known is used. Throws UnreachableError where there is neither
 * network nor file, UserError for a file that the hub does not have or that does not match its checksum.
 */
export async function downloadHubFile(wanted: HubFile, options: HubOptions = {}): Promise<string> {
  const { repository, file, revision = 'main' } = wanted;
  for (const part of [repository, revision, file]) checkName(part);
  const folder = path.join(
    options.folder ?? path.join(process.cwd(), 'data', 'downloads', 'huggingface'),
    ...repository.split('/'),
  );
  const memory = path.join(folder, 'revisions', encodeURIComponent(revision), `${encodeURIComponent(file)}.json`);
  const known = readKnownIdentity(memory);
  const blob = ({ hash }: Identity): string => path.join(folder, 'files', `${hash}${path.extname(file)}`);
  const isHere = (identity: Identity): boolean =>
    existsSync(blob(identity)) && statSync(blob(identity)).size === identity.size;
  let identity: Identity;
  const url = `${endpoint(options)}/${repository}/resolve/${encodeURIComponent(revision)}/${file}`;
  try {
    if (options.offline)
      throw new UnreachableError(`${file} of ${repository} was not fetched before, and fetching is switched off.`);
    identity = await identify(url, options);
  } catch (error) {
    if (error instanceof UnreachableError && known && isHere(known)) return blob(known);
    throw error;
  }
  if (!isHere(identity)) await fetchFile(url, blob(identity), identity, options);
  // Not where it is known already: a cache that others keep may be read-only.
  if (JSON.stringify(identity) !== JSON.stringify(known)) await writeAtomic(memory, `${JSON.stringify(identity)}\n`);
  return blob(identity);
}

/** Large files are known by their SHA-256, small ones by git's own checksum. */
const identitySchema = z.object({
  kind: z.enum(['sha256', 'git']),
  hash: z.string(),
  size: z.number().int().nonnegative(),
});
type Identity = z.infer<typeof identitySchema>;

/** The most that is read of a file that is known by git's checksum only: descriptions, not weights. */
const smallFile = 2 ** 20;

function checkName(part: string): void {
  if (/^[\w.-]+(\/[\w.-]+)*$/.test(part) && !part.split('/').includes('..')) return;
  throw new UserError(
    `"${part}" is no name on the Hugging Face hub: letters, digits, dots, dashes and underscores between slashes.`,
  );
}

function endpoint({ endpoint: given }: HubOptions): string {
  return (given ?? process.env['HF_ENDPOINT'] ?? 'https://huggingface.co').replace(/\/+$/, '');
}

function identify(url: string, options: HubOptions): Promise<Identity> {
  return withRetries(url, options, async () => {
    const headers = await httpHead(url, { patience: 30_000, signal: options.signal });
    const hash = (headers.get('x-linked-etag') ?? headers.get('etag') ?? '')
      .replace(/^W\//, '')
      .replace(/"/g, '')
      .toLowerCase();
    const size = Number(headers.get('x-linked-size') ?? headers.get('content-length') ?? Number.NaN);
    const kind = /^[0-9a-f]{64}$/.test(hash) ? 'sha256' : /^[0-9a-f]{40}$/.test(hash) ? 'git' : undefined;
    if (kind && Number.isSafeInteger(size) && size >= 0) return { kind, hash, size };
    throw new UserError(
      `${url} comes without a checksum or a size, as a file of the Hugging Face hub would have. Check the address in HF_ENDPOINT.`,
    );
  });
}

async function fetchFile(
  url: string,
  target: string,
  { kind, hash, size }: Identity,
  options: HubOptions,
): Promise<void> {
  const { onProgress, signal, pause } = options;
  if (kind === 'sha256') return download({ url, target, sha256: hash, maxBytes: size, onProgress, signal, pause });
  if (size > smallFile) throw new UserError(`${url} has ${size} bytes and no SHA-256, so it is not fetched.`);
  const content = await withRetries(url, options, () => fetchSmall(url, size, signal));
  const checksum = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  if (checksum !== hash)
    throw new UserError(
      `${url} does not have the checksum that the hub gives for it: it was damaged on the way. Try again.`,
    );
  await writeAtomic(target, content);
}

async function fetchSmall(url: string, size: number, signal: AbortSignal | undefined): Promise<Buffer> {
  const body = await httpGet(url, { offset: 0, patience: 30_000, signal });
  if (!body) throw new NetworkError('the server sent nothing');
  const pieces: Uint8Array[] = [];
  let received = 0;
  try {
    for await (const piece of body.chunks) {
      received += piece.length;
      if (received > size) throw new UserError(`${url} is longer than the hub says. Try again.`);
      pieces.push(piece);
    }
  } finally {
    body.close();
  }
  return Buffer.concat(pieces);
}

/** Tries three times while the network fails. */
async function withRetries<T>(
  url: string,
  { signal, pause = 1000 }: HubOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      if (tries === 3)
        throw new UnreachableError(
          `${url} could not be reached: ${error.message}. Check the network, or give the path of a file that you have.`,
        );
      await sleep(pause * 2 ** (tries - 1), undefined, { signal });
    }
  }
}

/** What was known of the file when it was last fetched. */
function readKnownIdentity(memory: string): Identity | undefined {
  if (!existsSync(memory)) return undefined;
  try {
    const parsed = identitySchema.safeParse(JSON.parse(readFileSync(memory, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw fileError(error, 'read', memory);
  }
}
