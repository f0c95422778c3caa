import { z } from 'zod';
import { weightsRecord } from './record';

/** One of two compared networks. */
const comparedNetwork = z
  .object({
    network: z.string(),
    family: z.string(),
    /** Per cent on the test images; omitted for random weights. */
    top1: z.number().optional(),
    weights: weightsRecord.optional(),
  })
  .strict();

/** What every record of a comparison of two networks, layer by layer, contains besides its values. */
export const comparedNetworks = z.object({
  id: z.string(),
  /** Without `weights`, a network has random weights, which depend on the seed. */
  a: comparedNetwork,
  b: comparedNetwork,
  /** `cifar-100`, `synthetic`, or the name of your own images. */
  dataset: z.string().min(1),
  /** Layer names of `a` (rows) and of `b` (columns). */
  rows: z.array(z.string()).readonly(),
  columns: z.array(z.string()).readonly(),
  examples: z.number().int(),
  /** Images in a batch. */
  batchSize: z.number().int(),
  /** Seed of the choice of images, of permutations and of random weights. */
  seed: z.number().int(),
  commit: z.string(),
  dirty: z.boolean(),
  command: z.string(),
});
