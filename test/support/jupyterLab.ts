import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { freePort } from './freePort';

export interface JupyterLab {
  readonly port: number;
  /** The address with its token, as it is printed. */
  readonly address: URL;
  /** All that has been printed so far. */
  readonly told: readonly string[];
}

/** JupyterLab as `npm run lab` starts it, on a free port, until the test is over. */
export async function startJupyterLab(context: TestContext): Promise<JupyterLab> {
  const port = await freePort();
  // A process group of its own, so that nothing of it outlives the test, whatever state it is in.
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
  const told: string[] = [];
  const lines = createInterface({ input: child.stderr });
  const address = await new Promise<string>((resolve, reject) => {
    // Lines are read to the end: a program whose lines nobody reads stops at a full pipe.
    lines.on('line', (line) => {
      told.push(line);
      const address = /http:\/\/127\.0\.0\.1:\d+\S*[?&]token=\w+/.exec(line)?.[0];
      if (address !== undefined) resolve(address);
    });
    lines.on('close', () => reject(new Error(`JupyterLab did not start:\n${told.join('\n')}`)));
  });
  // The address is printed a moment before anybody listens there.
  const url = new URL(address);
  while (child.exitCode === null && child.signalCode === null && !(await answers(Number(url.port)))) await sleep(100);
  return { port: Number(url.port), address: url, told };
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing of it is left.
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
