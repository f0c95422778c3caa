import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomic } from '../../io/atomic';
import { inTemporaryFolder } from '../../io/temporaryFolder';
import { runProgram } from './runProgram';
import { writeImages, type ImageBatches } from './writeImages';

/** Images from which the ranges of activations are measured. */
export const calibrationImages = 500;

/**
 * Writes `model_int8.onnx` beside an ONNX model, by onnxruntime's static quantisation: weights and activations of
 * convolutions and matrix products in 8 bits. The images calibrate the ranges of activations; their batches are
 * disposed. Throws a UserError if onnxruntime is missing or fails.
 */
export async function quantise(
  model: string,
  images: ImageBatches,
): Promise<{ readonly file: string; readonly bytes: number }> {
  const file = path.join(path.dirname(model), 'model_int8.onnx');
  return inTemporaryFolder(async (temporary) => {
    const [input, output] = [path.join(temporary, 'images'), path.join(temporary, 'model.onnx')];
    await writeImages(input, images);
    await runProgram(path.resolve('lib', 'export', 'onnxruntime', 'quantise.py'), [model, input, output]);
    const bytes = await readFile(output);
    await writeAtomic(file, bytes);
    return { file, bytes: bytes.length };
  });
}
