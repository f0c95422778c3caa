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

interface Waiting {
  resolve(picture: Buffer): void;
  reject(error: Error): void;
}

const answer = z.object({ id: z.number().nullable(), picture: z.string().optional(), error: z.string().optional() });

/** The first figure waits for a browser to start; none takes a tenth of this. */
const patienceMs = 120_000;

/** A Python process that draws figures as pictures (kaleido), for as long as this process lives: a second to start, then some 30 ms a picture. */
export class Painter {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;
  private ended: Error | null = null;
  private stuck = false;

  /** Throws UserError where the project has no Python of its own. */
  constructor(python = process.env.OFA_PYTHON ?? path.resolve('.venv', 'bin', 'python')) {
    if (!existsSync(python))
      throw new UserError(`No static pictures: there is no Python at "${python}". Run \`npm run setup\` first.`);
    const script = path.resolve('scripts', 'static_picture.py');
    const plotly = path.resolve('node_modules', 'plotly.js-dist', 'plotly.js');
    // A session of its own: an interrupt meant for a cell must not end it. It ends when its input does.
    this.child = spawn(python, [script, plotly], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    this.child.on('error', (error) => this.end(`Python could not be started: ${error.message}.`));
    this.child.on('exit', (code) => this.end(`the drawing process ended with code ${code}.`));
    this.child.stdin.on('error', () => this.end('the drawing process does not read any more.'));
    createInterface({ input: this.child.stdout }).on('line', (line) => this.receive(line));
    this.hold(false);
  }

  /** Whether another one would do better: not where this one got stuck, since the next would, and every figure would wait for it. */
  get replaceable(): boolean {
    return this.ended !== null && !this.stuck;
  }

  /** Throws UserError where the picture cannot be drawn. */
  paint(figure: Figure, format: PictureFormat, scale: number): Promise<Buffer> {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.next++;
    const { width, height } = figure.layout;
    const late = setTimeout(() => {
      this.stuck = true;
      this.end(`a figure took longer than ${patienceMs / 1000} s.`);
      this.child.kill();
    }, patienceMs);
    return new Promise<Buffer>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.hold(true);
      this.child.stdin.write(`${JSON.stringify({ id, figure, format, width, height, scale })}\n`);
    }).finally(() => clearTimeout(late));
  }

  stop(): void {
    this.child.stdin.end();
  }

  private receive(line: string): void {
    const { id, picture, error } = answer.parse(JSON.parse(line));
    if (id === null) return this.end(`${error}. Run \`npm run setup\` again.`);
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    this.hold(this.waiting.size > 0);
    if (picture !== undefined) waiting?.resolve(Buffer.from(picture, 'base64'));
    else waiting?.reject(new UserError(`The figure could not be drawn as a picture: ${error}`));
  }

  private end(reason: string): void {
    this.ended ??= new UserError(`No static pictures: ${reason}`);
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }

  /** While a picture is under way this process waits for it; otherwise the painter does not keep it alive. */
  private hold(busy: boolean): void {
    for (const handle of [this.child, this.child.stdin, this.child.stdout]) {
      if (handle instanceof Socket || handle === this.child) handle[busy ? 'ref' : 'unref']();
    }
  }
}
