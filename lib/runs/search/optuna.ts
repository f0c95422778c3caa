import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { UserError } from '../../errors';
import { checkRange, type Range, type Sampler, type Trial } from './sampler';

export interface OptunaOptions extends Range {
  readonly trials: number;
  readonly epochs: number;
  readonly seed?: number;
  /** A Python interpreter with Optuna. */
  readonly python: string;
}

/**
 * The Python interpreter with Optuna that OFA_OPTUNA_PYTHON names, or the project's own; undefined if neither has
 * Optuna.
 */
export function optunaPython(): string | undefined {
  const named = process.env['OFA_OPTUNA_PYTHON'];
  const python = named ?? path.resolve('.venv', 'bin', 'python');
  const found = existsSync(python) && spawnSync(python, ['-c', 'import optuna'], { stdio: 'ignore' }).status === 0;
  if (named !== undefined && !found) {
    throw new UserError(
      `OFA_OPTUNA_PYTHON=${named} is not a Python interpreter with Optuna. Install it: ${named} -m pip install optuna`,
    );
  }
  return found ? python : undefined;
}

const proposal = z.object({ number: z.number().int(), value: z.number() });

/** Optuna's tree-structured Parzen estimator (Akiba et al. 2019), in a Python process of its own. */
export function optunaSampler({ trials, epochs, seed = 0, python, ...range }: OptunaOptions): Sampler {
  checkRange(range);
  const optuna = new OptunaProcess(python, range, seed);
  const numbers = new Map<Trial, number>();
  let proposed = 0;
  return {
    async ask() {
      if (proposed === trials) return undefined;
      proposed++;
      const { number, value } = proposal.parse(await optuna.exchange('ask'));
      const trial: Trial = { exponent: Number(value.toFixed(4)), seed, epochs };
      numbers.set(trial, number);
      return trial;
    },
    async tell(trial, top1) {
      await optuna.exchange({ number: numbers.get(trial), value: top1 });
    },
    close: () => optuna.close(),
  };
}

/** `optuna_sampler.py` in a process, which answers each line of JSON by another. */
class OptunaProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string, unknown>;
  private readonly failedToStart: Promise<never>;
  private errorOutput = '';

  constructor(python: string, { low, high }: Range, seed: number) {
    const script = path.resolve('lib', 'runs', 'search', 'optuna_sampler.py');
    this.child = spawn(python, [script, String(low), String(high), String(seed)], { stdio: 'pipe' });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errorOutput += text;
    });
    // A process that ended is reported by its missing answer.
    this.child.stdin.on('error', () => undefined);
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.failedToStart = new Promise((_, reject) => {
      this.child.once('error', (error) => reject(new UserError(`${python} could not be started: ${error.message}`)));
    });
    // `exchange` reports it.
    this.failedToStart.catch(() => undefined);
  }

  /** Sends a message and returns the answer. Throws a UserError if the process cannot start or has ended. */
  async exchange(message: unknown): Promise<unknown> {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
    const { done, value } = await Promise.race([this.answers.next(), this.failedToStart]);
    if (done !== true) return JSON.parse(value);
    const lastLine = this.errorOutput.trim().split('\n').pop();
    throw new UserError(`Optuna's process has ended: ${lastLine || 'without an error message'}`);
  }

  close(): void {
    this.child.stdin.end();
  }
}
