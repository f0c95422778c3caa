import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';

export interface JupyterLab {
  readonly port: number;
  /** The address with its token, as it is printed. */
  readonly address: URL;
  /** All that was printed before it. */
  readonly told: readonly string[];
}

/** JupyterLab as `npm run lab` starts it, on a free port, until the test is over. */
export async function startJupyterLab(context: TestContext): Promise<JupyterLab> {
  const port = await freePort();
  const child = spawn(process.execPath, ['scripts/launch.mjs', 'lab', '--port', String(port), '--no-browser'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  context.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const told: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    told.push(line);
    const address = /http:\/\/127\.0\.0\.1:\d+\S*[?&]token=\w+/.exec(line)?.[0];
    if (address === undefined) continue;
    child.stderr.resume();
    // The address is printed a moment before anybody listens there.
    while (child.exitCode === null && !(await answers(port))) await sleep(100);
    return { port, address: new URL(address), told };
  }
  throw new Error(`JupyterLab did not start:\n${told.join('\n')}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false)).on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
