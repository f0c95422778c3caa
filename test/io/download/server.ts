import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** A web server of this machine that answers with `handler`; goes when the test ends. Returns its address. */
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

/** An address of this machine where nobody listens. */
export async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/file`;
}

/** The first byte that a request wants. */
export function wantedStart(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

/** Answers as an honest server does, but hangs up after `most` bytes. */
export function sendFrom(content: Buffer, request: IncomingMessage, response: ServerResponse, most = Infinity): void {
  const start = wantedStart(request);
  if (start >= content.length) {
    response.writeHead(416).end();
    return;
  }
  const headers = {
    'content-length': content.length - start,
    'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
  };
  response.writeHead(start > 0 ? 206 : 200, headers);
  const piece = content.subarray(start, start + most);
  response.write(piece, () => (piece.length === content.length - start ? response.end() : hangUp(response)));
}

/** Cuts the connection once the other side has had time to read what was sent: what is still on its way is lost with the connection. */
export function hangUp(response: ServerResponse): void {
  setTimeout(() => response.destroy(), 50);
}
