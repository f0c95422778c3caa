import path from 'node:path';
import { z } from 'zod';
import { readJsonLinesIfExists } from '../../io/jsonLines';

/** A training step of OFA that was timed on a GPU. */
export const gpuStep = z
  .object({
    /** The day of the measurement, as 2026-11-26. */
    date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
    gpu: z.string(),
    student: z.string(),
    teacher: z.string(),
    /** Height and width of the images in pixels. */
    imageSize: z.number().int().positive(),
    batch: z.number().int().positive(),
    precision: z.enum(['float32', 'tf32', 'bfloat16']),
    /** How the step ran. */
    compile: z.enum(['off', 'graph', 'xla']),
    milliseconds: z.number().positive(),
  })
  .strict();
export type GpuStep = z.infer<typeof gpuStep>;

/** The measured steps of this project. `npm run bench -- gpu --save` adds to them. */
export const gpuStepsFile = path.join('data', 'gpu-steps.jsonl');

/** Reads measured steps, the oldest first. Empty if the file does not exist. */
export function readGpuSteps(file = gpuStepsFile): Promise<GpuStep[]> {
  return readJsonLinesIfExists(file, (value) => gpuStep.parse(value));
}
