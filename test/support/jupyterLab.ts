import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { freePort } from './freePort';

export interface JupyterLab {
  readonly port: number;
  /** The printed address, with its token. */
  readonly address: URL;
  /** The lines printed so far. */
  readonly printed: readonly string[];
}

/** Starts JupyterLab by `npm run lab`, by default on a free port, and stops it after the test. */
export async function startJupyterLab(context: TestContext, ownPort?: number): Promise<JupyterLab> {
  const port = ownPort ?? (await freePort());
  // A separate process group, so that all its processes can be killed after the test.
  const child = spawn(process.execPath, ['scripts/launch.mjs', 'lab', '--port', String(port), '--no-browser'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const ended = once(child, 'exit');
  context.after(async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(20_000, undefined, { ref: false })]);
    killGroup(child.pid!);
    await ended;
    child.stderr.destroy();
  });
  process.once('exit', () => killGroup(child.pid!));
  const printed: string[] = [];
  const lines = createInterface({ input: child.stderr });
  const address = await new Promise<string>((resolve, reject) => {
    // All lines must be read, because the program blocks when the pipe is full.
    lines.on('line', (line) => {
      printed.push(line);
      const address = /http:\/\/127\.0\.0\.1:\d+\S*[?&]token=\w+/.exec(line)?.[0];
      if (address !== undefined) resolve(address);
    });
    lines.on('close', () => reject(new Error(`JupyterLab did not start:\n${printed.join('\n')}`)));
  });
  // The address is printed shortly before the server accepts connections.
  const url = new URL(address);
  while (child.exitCode === null && child.signalCode === null && !(await answers(Number(url.port)))) await sleep(100);
  return { port: Number(url.port), address: url, printed };
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // All its processes have ended.
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket
      .on('error', () => resolve(false))
      .on('connect', () => {
        socket.destroy();
        resolve(true);
      });
  });
}
