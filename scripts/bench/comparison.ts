import { z } from 'zod';

/** What both sides were asked to do, what each reached (medians), and how they compare: one line of docs/performance.jsonl. */
export const comparison = z
  .object({
    kind: z.enum(['step', 'cka']),
    setting: z.string(),
    date: z.string(),
    machine: z.string(),
    repeats: z.number(),
    /** PyTorch's way of it that took least processor time: flags of the step, or a package for CKA. */
    variant: z.string(),
    /** The faster of our precisions, and what a step in float32 reaches beside it. */
    precision: z.enum(['float32', 'bf16']).optional(),
    float32: z.number().optional(),
    /** Images a second (step) or seconds (CKA). */
    ours: z.number(),
    pytorch: z.number(),
    /** Of speeds for a step, of seconds for CKA, both as the targets are put: ours over PyTorch's. */
    ratio: z.number(),
    /** Threads that an op may use, on both sides. */
    threads: z.number().optional(),
    /** The processor's milliseconds of a step, all threads together: what else the machine does matters little to them. */
    processor: z.number().optional(),
    pytorchProcessor: z.number().optional(),
    /** MB. */
    memory: z.number(),
    pytorchMemory: z.number(),
    /** GFLOP/s of our step and of a plain matrix product in the same minutes. */
    gigaflops: z.number().optional(),
    peakGigaflops: z.number().optional(),
  })
  .strict()
  .readonly();
export type Comparison = z.output<typeof comparison>;
