import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { z } from 'zod';
import { writeAtomic } from '../../lib/io/atomic';
import { matmul } from './matmul';
import { median, processorMilliseconds } from './median';
import { prepareStep } from './step';

const file = 'scripts/bench/gate.json';
/** The share of its speed that a step may lose. */
const allowed = 0.25;

const stored = z.object({ step: z.string(), products: z.number().positive(), processor: z.string(), date: z.string() }).strict();

/** What a training step is held to: its cost in plain matrix products, and where that was measured. */
export type Stored = z.output<typeof stored>;

export interface Verdict {
  readonly passed: boolean;
  readonly text: string;
}

/** Measures the stored step, once more where it seems to have become slower. */
export function gate(): Verdict {
  const before = stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  const first = verdict(before, stepInProducts(before.step));
  return first.passed ? first : verdict(before, stepInProducts(before.step));
}

/** Whether a step that costs so many products is still fast enough. */
export function verdict(before: Stored, products: number): Verdict {
  const passed = products <= before.products / (1 - allowed);
  const change = `${before.step}: a step costs as much as ${products.toFixed(2)} products of 2048 × 2048 matrices; on ${before.date} it was ${before.products.toFixed(2)} (${before.processor})`;
  return {
    passed,
    text: passed ? `${change}.` : `${change}. More than ${100 * allowed} % of its speed is lost: npm run bench -- profile ${before.step} shows where; npm run bench -- gate --save accepts it.`,
  };
}

/** Keeps what a step costs now as what later ones are held to. */
export async function saveGate(step: string): Promise<void> {
  const now: Stored = {
    step, products: Number(stepInProducts(step).toFixed(3)), processor: cpus()[0]?.model.trim() ?? process.arch, date: new Date().toISOString().slice(0, 10),
  };
  await writeAtomic(file, `${JSON.stringify(now, undefined, 2)}\n`);
}

/** The median of five pairs of a step and a product, in turn, by the processor's time: what else the machine does matters little to that. */
function stepInProducts(setting: string): number {
  const [student = '', teacher = '', size, batch] = setting.split(' ');
  const step = prepareStep({ student, teacher, size: Number(size), batch: Number(batch), vanilla: false, bf16: false });
  return matmul((product) => {
    step.run();
    step.run();
    product();
    return median(Array.from({ length: 5 }, () => processorMilliseconds(() => step.run()) / processorMilliseconds(product)));
  });
}
