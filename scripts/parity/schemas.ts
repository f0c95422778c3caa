import { z } from 'zod';

/** The shapes of reference files that more than one kind shares. */
export const digestSchema = z.object({
  shape: z.array(z.number().int().positive()),
  mean: z.number(),
  rms: z.number().nonnegative(),
  probe: z.number(),
  first: z.array(z.number()),
});

/** PyTorch names and shapes of a state dict. */
export const stateSchema = z.array(z.tuple([z.string(), z.array(z.number().int().positive())]));
