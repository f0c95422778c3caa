import { z } from 'zod';

/** The digest of a tensor, as `lib/reference/digest.ts` computes it. */
export const digestSchema = z.object({
  shape: z.array(z.number().int().positive()),
  mean: z.number(),
  rms: z.number().nonnegative(),
  probe: z.number(),
  first: z.array(z.number()),
});

/** Names and shapes of a PyTorch state dict. */
export const stateSchema = z.array(z.tuple([z.string(), z.array(z.number().int().positive())]));
