import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeAtomic } from '../../lib/io/atomic';
import { median } from '../../lib/results/statistics/median';
import { thisMachine } from '../../lib/runs/runFolder/machine';
import { matmul } from './matmul';
import { processorMilliseconds } from './times';
import { prepareStep } from './step';

const file = 'scripts/bench/gate.json';
/** The share of its speed that a step may lose. */
const allowed = 0.25;

const measured = z.object({ processor: z.string(), products: z.number().positive(), date: z.string() }).strict();
const stored = z.object({ step: z.string(), measured: z.array(measured) }).strict();

/** A training step and what it costs in plain matrix products, on each processor that it was measured on: their ratio is not the same on all. */
export type Stored = z.output<typeof stored>;

export interface Verdict {
  readonly passed: boolean;
  readonly text: string;
}

/** Measures the stored step, once more where it seems to have become slower. */
export function gate(): Verdict {
  const before = read();
  const { processor } = thisMachine();
  const first = verdict(before, processor, stepInProducts(before.step));
  return first.passed ? first : verdict(before, processor, stepInProducts(before.step));
}

/** Whether a step that costs so many products on this processor is still fast enough; on one that was not measured it cannot be told, and passes. */
export function verdict({ step, measured }: Stored, processor: string, products: number): Verdict {
  const now = `${step}: a step costs as much as ${products.toFixed(2)} products of 2048 × 2048 matrices`;
  const before = measured.find((each) => each.processor === processor);
  if (!before)
    return {
      passed: true,
      text: `${now}. Nothing to hold it to: no cost on this processor (${processor}) is stored; npm run bench -- gate --save stores it.`,
    };
  const change = `${now}; on ${before.date} it was ${before.products.toFixed(2)} (${processor})`;
  if (products <= before.products / (1 - allowed)) return { passed: true, text: `${change}.` };
  return {
    passed: false,
    text: `${change}. More than ${100 * allowed} % of its speed is lost: npm run bench -- profile ${step} shows where; npm run bench -- gate --save accepts it.`,
  };
}

/** Keeps what a step costs now as what later ones on this processor are held to; of another step than the stored one, nothing else is kept. */
export async function saveGate(step: string): Promise<void> {
  const before = read();
  const { processor } = thisMachine();
  const others = before.step === step ? before.measured.filter((each) => each.processor !== processor) : [];
  const now = {
    processor,
    products: Number(stepInProducts(step).toFixed(3)),
    date: new Date().toISOString().slice(0, 10),
  };
  await writeAtomic(file, `${JSON.stringify({ step, measured: [...others, now] } satisfies Stored, undefined, 2)}\n`);
}

function read(): Stored {
  return stored.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** The median of five pairs of a step and a product, in turn, by the processor's time: what else the machine does matters little to that. */
function stepInProducts(setting: string): number {
  const [student = '', teacher = '', size, batch] = setting.split(' ');
  const step = prepareStep({ student, teacher, size: Number(size), batch: Number(batch), vanilla: false, bf16: false });
  return matmul((product) => {
    step.run();
    step.run();
    product();
    return median(
      Array.from({ length: 5 }, () => processorMilliseconds(() => step.run()) / processorMilliseconds(product)),
    );
  });
}
