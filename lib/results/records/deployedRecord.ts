import path from 'node:path';
import { z } from 'zod';
import { readJsonLinesIfExists } from '../../io/jsonLines';
import { checkedFields } from './checksum';
import { machineRecord, weightsRecord } from './record';

/** The precisions in which a student is exported. */
export const precisions = ['float32', 'int8'] as const;

/**
 * An exported student, measured with onnxruntime on one thread of a CPU. One line of JSON in
 * `data/results/export/measured.jsonl`.
 */
export const deployedRecord = z
  .object({
    /** Name of the weights file, such as `vit_64-by-ofa`. */
    student: z.string().min(1),
    network: z.string().min(1),
    weights: weightsRecord,
    precision: z.enum(precisions),
    dataset: z.string().min(1),
    /** Number of test images. */
    images: z.number().int().positive(),
    /** Per cent. */
    top1: z.number(),
    /** Size of the ONNX file. */
    bytes: z.number().int().positive(),
    /** Median time of one image. */
    milliseconds: z.number().positive(),
    /** Such as `onnxruntime 1.32.0`. */
    runtime: z.string().min(1),
    machine: machineRecord,
    commit: z.string(),
    dirty: z.boolean(),
    command: z.string(),
  })
  .strict();

export type DeployedRecord = z.infer<typeof deployedRecord>;

/** Reads the recorded exports; of equal students and precisions, the last one. Empty if the file does not exist. */
export async function readDeployed(
  file = path.join('data', 'results', 'export', 'measured.jsonl'),
): Promise<readonly DeployedRecord[]> {
  const records = await readJsonLinesIfExists(file, (value) => deployedRecord.parse(checkedFields(value)));
  return [...new Map(records.map((record) => [`${record.student} ${record.precision}`, record])).values()];
}
