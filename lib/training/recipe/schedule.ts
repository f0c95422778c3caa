import { z } from 'zod';

/** A linear warm-up before the schedule proper, and how often the rate changes. */
const shared = {
  warmupEpochs: z.number().nonnegative().default(0),
  /** Learning rate at the start of the warm-up. */
  warmupFrom: z.number().nonnegative().default(0),
  /** Whether the rate changes once an epoch, as in the released recipes, or at each step, which short runs need. */
  per: z.enum(['epoch', 'step']).default('epoch'),
};

/** How the learning rate changes over a run. */
export const schedule = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('cosine'),
      /** Learning rate at the end. */
      min: z.number().nonnegative(),
      ...shared,
    })
    .strict(),
  z
    .object({
      kind: z.literal('step'),
      /** Epochs after which the rate is multiplied by `factor`. */
      at: z.array(z.number().positive()),
      factor: z.number().positive().max(1),
      ...shared,
    })
    .strict(),
]);
export type Schedule = z.infer<typeof schedule>;

/**
 * The learning rate at a time in epochs (2.5 is halfway through the third). `rate` is the rate after the warm-up. As in
 * timm, the cosine starts at time 0, and the warm-up replaces its beginning.
 */
export function learningRate(plan: Schedule, rate: number, epochs: number, time: number): number {
  const t = plan.per === 'epoch' ? Math.floor(time) : time;
  if (t < plan.warmupEpochs) return plan.warmupFrom + (t / plan.warmupEpochs) * (rate - plan.warmupFrom);
  switch (plan.kind) {
    case 'cosine':
      return plan.min + 0.5 * (rate - plan.min) * (1 + Math.cos((Math.PI * Math.min(t, epochs)) / epochs));
    case 'step':
      return rate * plan.factor ** plan.at.filter((epoch) => t >= epoch).length;
  }
}
