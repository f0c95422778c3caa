import path from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../io/json';
import { runProgram } from './runProgram';

const schema = z.object({
  classes: z.array(z.number()),
  /** Median time of one image. */
  milliseconds: z.number(),
  /** Version of onnxruntime. */
  version: z.string(),
});

/** How an ONNX model performs in onnxruntime on one thread of this machine's CPU; top-1 is in per cent. */
export type OnnxPerformance = Omit<z.output<typeof schema>, 'classes'> & { readonly top1: number };

/**
 * Classifies the images of a file that `writeImages` wrote, whose labels are given in the same order. Throws a
 * UserError if onnxruntime is missing or cannot run the model.
 */
export async function measureOnnx(model: string, images: string, labels: ArrayLike<number>): Promise<OnnxPerformance> {
  const output = await runProgram(path.resolve('lib', 'export', 'onnxruntime', 'measure.py'), [model, images]);
  const { classes, ...rest } = parseJson(
    Buffer.from(output),
    (value) => schema.parse(value),
    'The output of measure.py',
    '',
  );
  const correct = classes.filter((predicted, i) => predicted === labels[i]).length;
  return { top1: (100 * correct) / classes.length, ...rest };
}
