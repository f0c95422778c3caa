import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import { z } from 'zod';

import { UserError } from '../errors';
import type { Figure } from '../plots/charts/figure';

export type PictureFormat = 'png' | 'svg';

interface Pending {
  resolve(picture: Buffer): void;
  reject(error: Error): void;
}

const response = z.object({ id: z.number().nullable(), picture: z.string().optional(), error: z.string().optional() });

/** The first figure includes the start of a browser; later ones take tens of milliseconds. */
const timeoutMs = 120_000;

const defaultPython = (): string => process.env.OFA_PYTHON ?? path.resolve('.venv', 'bin', 'python');

/**
 * A Python process that renders figures as pictures with kaleido. It starts in about a second, renders a figure in
 * about 30 ms, and ends with this process.
 */
export class FigureRenderer {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private failure: Error | null = null;
  private timedOut = false;

  /** Throws a UserError if `python` does not exist. */
  constructor(python = defaultPython()) {
    if (!existsSync(python))
      throw new UserError(`No static pictures: there is no Python at "${python}". Run \`npm run setup\` first.`);
    // Relative to the project: tslab runs a compiled copy of this file from another folder.
    const script = path.resolve('lib', 'notebook', 'static_picture.py');
    const plotly = path.resolve('node_modules', 'plotly.js-dist', 'plotly.js');
    // Detached: an interrupt of a cell must not stop this process. It exits when its standard input closes.
    this.child = spawn(python, [script, plotly], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    this.child.on('error', (error) => this.fail(`Python could not be started: ${error.message}.`));
    this.child.on('exit', (code) => this.fail(`the rendering process exited with code ${code}.`));
    this.child.stdin.on('error', () => this.fail('the rendering process no longer reads its input.'));
    createInterface({ input: this.child.stdout }).on('line', (line) => this.receive(line));
    this.keepAlive(false);
  }

  /** Whether a new process may succeed. After a timeout it would time out too and delay every figure. */
  get replaceable(): boolean {
    return this.failure !== null && !this.timedOut;
  }

  /** Renders a figure at `scale` pixels per point. Rejects with a UserError if it cannot be rendered. */
  render(figure: Figure, format: PictureFormat, scale: number): Promise<Buffer> {
    if (this.failure) return Promise.reject(this.failure);
    const id = this.nextId++;
    const { width, height } = figure.layout;
    const timer = setTimeout(() => {
      this.timedOut = true;
      this.fail(`rendering a figure took longer than ${timeoutMs / 1000} s.`);
      this.child.kill();
    }, timeoutMs);
    return new Promise<Buffer>((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.keepAlive(true);
      this.child.stdin.write(`${JSON.stringify({ id, figure, format, width, height, scale })}\n`);
    }).finally(() => clearTimeout(timer));
  }

  stop(): void {
    this.child.stdin.end();
  }

  private receive(line: string): void {
    const { id, picture, error } = response.parse(JSON.parse(line));
    if (id === null) return this.fail(`${error}. Run \`npm run setup\` again.`);
    const request = this.pending.get(id);
    this.pending.delete(id);
    this.keepAlive(this.pending.size > 0);
    if (picture !== undefined) request?.resolve(Buffer.from(picture, 'base64'));
    else request?.reject(new UserError(`Cannot render the figure as a picture: ${error}`));
  }

  private fail(reason: string): void {
    this.failure ??= new UserError(`No static pictures: ${reason}`);
    for (const { reject } of this.pending.values()) reject(this.failure);
    this.pending.clear();
  }

  /** Node waits for the child process only while a picture is pending. */
  private keepAlive(busy: boolean): void {
    for (const handle of [this.child, this.child.stdin, this.child.stdout]) {
      if (handle instanceof Socket || handle === this.child) handle[busy ? 'ref' : 'unref']();
    }
  }
}
