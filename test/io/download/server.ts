import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** Starts a local web server with this handler, which is closed when the test ends. Returns its address. */
export async function serve(
  context: TestContext,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/file`;
}

/** A local address on which no server listens. */
export async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/file`;
}

/** The first byte of a request's range. */
export function requestedStart(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

/** Sends the requested part of the content, but closes the connection after `limit` bytes. */
export function sendFrom(content: Buffer, request: IncomingMessage, response: ServerResponse, limit = Infinity): void {
  const start = requestedStart(request);
  if (start >= content.length) {
    response.writeHead(416).end();
    return;
  }
  const headers = {
    'content-length': content.length - start,
    'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
  };
  response.writeHead(start > 0 ? 206 : 200, headers);
  const chunk = content.subarray(start, start + limit);
  response.write(chunk, () => (chunk.length === content.length - start ? response.end() : closeConnection(response)));
}

/** Closes the connection after a delay in which the client reads what was sent; bytes still in transit are lost. */
export function closeConnection(response: ServerResponse): void {
  setTimeout(() => response.destroy(), 200);
}
