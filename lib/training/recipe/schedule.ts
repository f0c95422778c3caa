import { z } from 'zod';

/** How the learning rate moves from its first value. */
export const schedule = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('cosine'),
      min: z.number().nonnegative(),
      warmupEpochs: z.number().nonnegative().default(0),
      warmupFrom: z.number().nonnegative().default(0),
      /** Whether it moves once an epoch, as in the released recipes, or at each step, which short runs need. */
      per: z.enum(['epoch', 'step']).default('epoch'),
    })
    .strict(),
  z
    .object({
      kind: z.literal('step'),
      /** Epochs after which the rate is multiplied by `factor`. */
      at: z.array(z.number().positive()),
      factor: z.number().positive().max(1),
      warmupEpochs: z.number().nonnegative().default(0),
      warmupFrom: z.number().nonnegative().default(0),
      per: z.enum(['epoch', 'step']).default('epoch'),
    })
    .strict(),
]);
export type Schedule = z.infer<typeof schedule>;

/** The rate at a time counted in epochs (2.5: halfway through the third); the warm-up counts inside the cosine, as in timm. */
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
