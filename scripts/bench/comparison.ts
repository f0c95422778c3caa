import { z } from 'zod';

/** The setting and the medians of a comparison with PyTorch: one line of docs/performance.jsonl. */
export const comparison = z
  .object({
    kind: z.enum(['step', 'cka']),
    setting: z.string(),
    date: z.string(),
    machine: z.string(),
    repeats: z.number(),
    /** PyTorch's variant with the least CPU time: flags of the step, or the package for CKA. */
    variant: z.string(),
    /** The faster of our precisions, and images per second of our step in float32. */
    precision: z.enum(['float32', 'bf16']).optional(),
    float32: z.number().optional(),
    /** Images per second of PyTorch's fastest variant in float32. */
    pytorchFloat32: z.number().optional(),
    /** Images per second (step) or seconds (CKA). */
    ours: z.number(),
    pytorch: z.number(),
    /** `ours` divided by `pytorch`: a ratio of speeds for a step, and of times for CKA. */
    ratio: z.number(),
    /** Threads per op, on both sides. */
    threads: z.number().optional(),
    /** CPU time of a step in milliseconds, of all threads. Other programs on the machine affect it little. */
    processor: z.number().optional(),
    pytorchProcessor: z.number().optional(),
    /** MB. */
    memory: z.number(),
    pytorchMemory: z.number(),
    /** GFLOP/s of our step, and of a plain matrix product measured within minutes. */
    gigaflops: z.number().optional(),
    peakGigaflops: z.number().optional(),
  })
  .strict()
  .readonly();
export type Comparison = z.output<typeof comparison>;
