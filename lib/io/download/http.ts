import { UserError } from '../../errors';
import { errorCode } from '../fileError';

/** A fault that may pass: the server or the network did not answer, or stopped in the middle. */
export class NetworkError extends Error {}

/** Nothing came through however often it was tried: no network, or the server is away. */
export class UnreachableError extends UserError {}

export interface HttpBody {
  /** Where in the whole file these bytes begin: what was asked for, or 0 when the server sends all of it again. */
  readonly offset: number;
  /** Length of the whole file, as the server claims. */
  readonly total: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Hangs up, whether or not everything was read. */
  close(): void;
}

export interface HttpOptions {
  /** First byte wanted. */
  readonly offset: number;
  /** Longest silence of the server, in milliseconds. */
  readonly patience: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks for a file from one of its bytes on; undefined when the server has nothing beyond that byte.
 * Goes over TLS only, redirections included (this machine's own servers may do without). Throws NetworkError where trying again
 * may help, UserError where it cannot, and the signal's reason when stopped.
 */
export async function httpGet(url: string, { offset, patience, signal }: HttpOptions): Promise<HttpBody | undefined> {
  const watch = new Watch(patience, signal);
  try {
    const response = await follow(url, offset, watch);
    if (response.status === 416 && offset > 0) {
      watch.close();
      return undefined;
    }
    if (!response.ok || response.body === null) throw refusal(url, response.status);
    const start = rangeStart(response);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    return {
      offset: start,
      total: Number.isFinite(length) ? start + length : undefined,
      chunks: read(response.body, watch, url),
      close: () => watch.close(),
    };
  } catch (error) {
    const fault = toError(error, url, signal);
    watch.close();
    throw fault;
  }
}

/**
 * The headers with which a server answers for a file, without the file. Redirections to other hosts are not followed: the first
 * host is the one that knows the file. Throws as `httpGet` does.
 */
export async function httpHead(url: string, { patience, signal }: Omit<HttpOptions, 'offset'>): Promise<Headers> {
  const watch = new Watch(patience, signal);
  try {
    let address = url;
    for (let hops = 0; hops < 6; hops++) {
      const response = await fetch(secure(address), {
        method: 'HEAD',
        headers: { 'accept-encoding': 'identity' },
        redirect: 'manual',
        signal: watch.signal,
      });
      const next = response.headers.get('location');
      const redirected = response.status >= 300 && response.status < 400 && next !== null;
      if (!redirected && !response.ok) throw refusal(url, response.status);
      if (!redirected || new URL(next, address).host !== new URL(address).host) return response.headers;
      address = new URL(next, address).href;
    }
    throw new UserError(`${url} redirects more than five times. Check the address.`);
  } catch (error) {
    throw toError(error, url, signal);
  } finally {
    watch.close();
  }
}

async function follow(url: string, offset: number, watch: Watch): Promise<Response> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (offset > 0) headers['range'] = `bytes=${offset}-`;
  let address = url;
  for (let hops = 0; hops < 6; hops++) {
    const response = await fetch(secure(address), { headers, redirect: 'manual', signal: watch.signal });
    const next = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || next === null) return response;
    await response.body?.cancel();
    address = new URL(next, address).href;
  }
  throw new UserError(`${url} redirects more than five times. Check the address.`);
}

function secure(address: string): URL {
  if (!URL.canParse(address)) throw new UserError(`"${address}" is not a web address.`);
  const url = new URL(address);
  const own = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && own)) return url;
  throw new UserError(
    `${address} is not fetched: only https:// addresses are, since others can be tampered with on the way.`,
  );
}

function rangeStart(response: Response): number {
  if (response.status !== 206) return 0;
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (start === undefined) throw new NetworkError('the server sent a part of the file without saying which');
  return Number(start);
}

function refusal(url: string, status: number): Error {
  const passing = status >= 500 || status === 429 || status === 408;
  if (passing) return new NetworkError(`the server answered ${status}`);
  return new UserError(
    `${url} cannot be had: the server answered ${status}. Check the address, or fetch the file another way.`,
  );
}

async function* read(body: AsyncIterable<Uint8Array>, watch: Watch, url: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      watch.restart();
      yield chunk;
    }
  } catch (error) {
    throw toError(error, url, watch.user);
  }
}

function toError(error: unknown, url: string, user: AbortSignal | undefined): unknown {
  if (user?.aborted) return user.reason;
  if (error instanceof UserError || error instanceof NetworkError) return error;
  const host = new URL(url).host;
  if (error instanceof Silence) return new NetworkError(`${host} was silent for ${error.seconds} s`);
  return new NetworkError(
    `the connection to ${host} failed (${errorCode(error) ?? (error instanceof Error ? error.message : String(error))})`,
  );
}

class Silence extends Error {
  constructor(readonly seconds: number) {
    super(`silent for ${seconds} s`);
  }
}

/** Ends a request when the server is silent for too long or the user stops it. */
class Watch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal;

  constructor(
    private readonly patience: number,
    readonly user: AbortSignal | undefined,
  ) {
    this.signal = user ? AbortSignal.any([user, this.controller.signal]) : this.controller.signal;
    this.restart();
  }

  restart(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.controller.abort(new Silence(this.patience / 1000)), this.patience);
  }

  close(): void {
    clearTimeout(this.timer);
    this.controller.abort();
  }
}
