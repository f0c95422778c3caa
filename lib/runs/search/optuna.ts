import { spawn, spawnSync } from 'node:child_process';
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
  /** A Python that has Optuna. */
  readonly python: string;
}

const proposal = z.object({ number: z.number().int(), value: z.number() });

/** A Python that has Optuna: the one that OFA_OPTUNA_PYTHON names, or the project's own; undefined where neither has. */
export function optunaPython(): string | undefined {
  const named = process.env['OFA_OPTUNA_PYTHON'];
  const python = named ?? path.resolve('.venv', 'bin', 'python');
  const found = existsSync(python) && spawnSync(python, ['-c', 'import optuna'], { stdio: 'ignore' }).status === 0;
  if (named !== undefined && !found)
    throw new UserError(
      `OFA_OPTUNA_PYTHON names ${named}, which is no Python with Optuna. Install it there: ${named} -m pip install optuna`,
    );
  return found ? python : undefined;
}

/** Optuna's tree-structured Parzen estimator (Akiba et al. 2019), asked and told in a Python process of its own. */
export function optunaSampler({ trials, epochs, seed = 0, python, ...range }: OptunaOptions): Sampler {
  checkRange(range);
  const child = spawn(
    python,
    [path.resolve('scripts', 'optuna_sampler.py'), String(range.low), String(range.high), String(seed)],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.on('error', () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise<never>((_, reject) =>
    child.once('error', (error) => reject(new UserError(`${python} could not be started: ${error.message}`))),
  );
  failed.catch(() => undefined);
  const numbers = new Map<Trial, number>();

  const exchange = async (message: unknown): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const answer = await Promise.race([answers.next(), failed]);
    if (answer.done) throw new UserError(`Optuna ended: ${said.trim().split('\n').pop() || 'without a word'}`);
    return JSON.parse(answer.value);
  };
  let asked = 0;
  return {
    async ask() {
      if (asked === trials) return undefined;
      asked++;
      const { number, value } = proposal.parse(await exchange('ask'));
      const trial: Trial = { exponent: Number(value.toFixed(4)), seed, epochs };
      numbers.set(trial, number);
      return trial;
    },
    async tell(trial, top1) {
      await exchange({ number: numbers.get(trial), value: top1 });
    },
    close: () => void child.stdin.end(),
  };
}
