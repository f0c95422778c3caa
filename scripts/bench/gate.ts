import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeAtomic } from '../../lib/io/atomic';
import { median } from '../../lib/results/statistics/median';
import { thisMachine } from '../../lib/runs/runFolder/machine';
import { defaultCompileMode } from '../../lib/tensor/engine/compileMode';
import { matmul } from './matmul';
import { processorMilliseconds } from './times';
import { prepareStep } from './step';

const file = 'scripts/bench/gate.json';
/** The share of its speed that a step may lose. */
const allowedLoss = 0.25;

const measured = z.object({ processor: z.string(), products: z.number().positive(), date: z.string() }).strict();
const stored = z.object({ step: z.string(), measured: z.array(measured) }).strict();

/** A training step, and its cost in matrix products on each measured processor; the cost depends on the processor. */
export type Stored = z.output<typeof stored>;

export interface Verdict {
  readonly passed: boolean;
  readonly text: string;
}

/** Measures the stored step, and repeats the measurement if the step seems too slow. */
export function gate(): Verdict {
  const before = read();
  const { processor } = thisMachine();
  const first = verdict(before, processor, stepInProducts(before.step));
  return first.passed ? first : verdict(before, processor, stepInProducts(before.step));
}

/**
 * Compares the cost of a step, in matrix products, with the stored cost on the same processor.
 * Passes if no cost is stored for the processor.
 */
export function verdict({ step, measured }: Stored, processor: string, products: number): Verdict {
  const cost = `${step}: a step costs ${products.toFixed(2)} products of 2048 × 2048 matrices`;
  const before = measured.find((each) => each.processor === processor);
  if (!before)
    return {
      passed: true,
      text:
        `${cost}. It cannot be compared, because no cost is stored for this processor (${processor}). ` +
        'To store it, run npm run bench -- gate --save.',
    };
  const change = `${cost}; on ${before.date} it was ${before.products.toFixed(2)} (${processor})`;
  if (products <= before.products / (1 - allowedLoss)) return { passed: true, text: `${change}.` };
  return {
    passed: false,
    text:
      `${change}. The step lost more than ${100 * allowedLoss} % of its speed. To find the cause, run ` +
      `npm run bench -- profile ${step}; to accept it, run npm run bench -- gate --save.`,
  };
}

/** Stores the current cost of a step on this processor. If the stored step is another one, its costs are discarded. */
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

/** The CPU time of a step divided by that of a matrix product: the median of five alternating pairs. */
function stepInProducts(setting: string): number {
  const [student = '', teacher = '', size, batch] = setting.split(' ');
  const step = prepareStep({
    ...{ student, teacher, size: Number(size), batch: Number(batch) },
    ...{ vanilla: false, bf16: false, compile: defaultCompileMode() },
  });
  return matmul((product) => {
    // A compiled step runs op by op at first, and is then recorded twice.
    for (let call = 0; call < 4; call++) step.run();
    product();
    return median(
      Array.from({ length: 5 }, () => processorMilliseconds(() => step.run()) / processorMilliseconds(product)),
    );
  });
}
