import { UserError } from '../../errors';
import { errorCode } from '../fileError';

/** A failure that a retry may solve: the server or the network did not respond, or the connection ended early. */
export class NetworkError extends Error {}

/** All attempts failed: there is no network, or the server is down. */
export class UnreachableError extends UserError {}

export interface HttpBody {
  /** The first byte within the file: the requested one, or 0 if the server sends the whole file. */
  readonly offset: number;
  /** Length of the whole file as stated by the server. */
  readonly total: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Closes the connection, even if not everything was read. */
  close(): void;
}

export interface HttpOptions {
  /** First byte to fetch. */
  readonly offset: number;
  /** Milliseconds without data after which a request fails. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/**
 * Requests a file from a byte on. Returns undefined if the file has no bytes after the offset. Only https is used, also
 * after redirects, except for servers on this machine. Throws NetworkError if a retry may help, UserError if not, and
 * the signal's reason when aborted.
 */
export async function httpGet(url: string, { offset, timeout, signal }: HttpOptions): Promise<HttpBody | undefined> {
  const deadline = new Deadline(timeout, signal);
  try {
    const response = await getWithRedirects(url, offset, deadline);
    if (response.status === 416 && offset > 0) {
      deadline.close();
      return undefined;
    }
    if (!response.ok || response.body === null) throw statusError(url, response.status);
    const start = rangeStart(response);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    return {
      offset: start,
      total: Number.isFinite(length) ? start + length : undefined,
      chunks: read(response.body, deadline, url),
      close: () => deadline.close(),
    };
  } catch (error) {
    const converted = toError(error, url, signal);
    deadline.close();
    throw converted;
  }
}

/**
 * The headers of a file, without its content. Redirects to other hosts are not followed: the headers of the first host
 * describe the file. Throws as `httpGet` does.
 */
export async function httpHead(url: string, { timeout, signal }: Omit<HttpOptions, 'offset'>): Promise<Headers> {
  const deadline = new Deadline(timeout, signal);
  try {
    let address = url;
    for (let requests = 0; requests <= maxRedirects; requests++) {
      const response = await fetch(checkAddress(address), {
        method: 'HEAD',
        headers: { 'accept-encoding': 'identity' },
        redirect: 'manual',
        signal: deadline.signal,
      });
      const next = redirectTarget(response, address);
      if (next === undefined && !response.ok) throw statusError(url, response.status);
      if (next === undefined || next.host !== new URL(address).host) return response.headers;
      address = next.href;
    }
    throw tooManyRedirects(url);
  } catch (error) {
    throw toError(error, url, signal);
  } finally {
    deadline.close();
  }
}

const maxRedirects = 5;

async function getWithRedirects(url: string, offset: number, deadline: Deadline): Promise<Response> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (offset > 0) headers['range'] = `bytes=${offset}-`;
  let address = url;
  for (let requests = 0; requests <= maxRedirects; requests++) {
    const response = await fetch(checkAddress(address), { headers, redirect: 'manual', signal: deadline.signal });
    const next = redirectTarget(response, address);
    if (next === undefined) return response;
    await response.body?.cancel();
    address = next.href;
  }
  throw tooManyRedirects(url);
}

function redirectTarget(response: Response, address: string): URL | undefined {
  const location = response.headers.get('location');
  return response.status >= 300 && response.status < 400 && location !== null ? new URL(location, address) : undefined;
}

function tooManyRedirects(url: string): UserError {
  return new UserError(`${url} redirects more than ${maxRedirects} times. Check the address.`);
}

/** Rejects addresses without https, except for servers on this machine. */
function checkAddress(address: string): URL {
  if (!URL.canParse(address)) throw new UserError(`"${address}" is not a web address. Check the spelling.`);
  const url = new URL(address);
  const isLocal = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) return url;
  throw new UserError(
    `${address} does not use https, so that its content could be changed on the way. Use an https:// address.`,
  );
}

function rangeStart(response: Response): number {
  if (response.status !== 206) return 0;
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (start === undefined) throw new NetworkError('the server sent a part of the file without its position');
  return Number(start);
}

function statusError(url: string, status: number): Error {
  const isTemporary = status >= 500 || status === 429 || status === 408;
  if (isTemporary) return new NetworkError(`the server responded with status ${status}`);
  return new UserError(
    `${url} cannot be downloaded: the server responded with status ${status}. ` +
      'Check the address, or download the file another way.',
  );
}

async function* read(body: AsyncIterable<Uint8Array>, deadline: Deadline, url: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      deadline.restart();
      yield chunk;
    }
  } catch (error) {
    throw toError(error, url, deadline.userSignal);
  }
}

function toError(error: unknown, url: string, userSignal: AbortSignal | undefined): unknown {
  if (userSignal?.aborted) return userSignal.reason;
  if (error instanceof UserError || error instanceof NetworkError) return error;
  const host = new URL(url).host;
  if (error instanceof TimeoutError) return new NetworkError(`${host} sent no data for ${error.seconds} s`);
  const reason = errorCode(error) ?? (error instanceof Error ? error.message : String(error));
  return new NetworkError(`the connection to ${host} failed (${reason})`);
}

class TimeoutError extends Error {
  constructor(readonly seconds: number) {
    super(`no data for ${seconds} s`);
  }
}

/** Aborts a request if the server sends no data for `timeout` milliseconds or the user's signal is aborted. */
class Deadline {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal;

  constructor(
    private readonly timeout: number,
    readonly userSignal: AbortSignal | undefined,
  ) {
    this.signal = userSignal ? AbortSignal.any([userSignal, this.controller.signal]) : this.controller.signal;
    this.restart();
  }

  restart(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.controller.abort(new TimeoutError(this.timeout / 1000)), this.timeout);
  }

  close(): void {
    clearTimeout(this.timer);
    this.controller.abort();
  }
}
