import path from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../lib/io/json';
import { UserError } from '../../lib/errors';
import type { Exits } from '../../lib/export/recordGraph';
import { inTemporaryFolder } from '../../lib/io/temporaryFolder';
import type { Model } from '../../lib/models/model';
import { fill } from '../../lib/reference/fill';
import * as tf from '../../lib/tensor/engine/tf';
import { writeImages } from '../../lib/export/onnxruntime/writeImages';
import { runProgram } from '../../lib/export/onnxruntime/runProgram';

/** The largest difference of an output that is accepted, relative to the output's largest element. */
const tolerance = 1e-4;

/**
 * Compares all outputs of onnxruntime with those of the network, on batches of 1 and 5 images, after onnx's checker.
 * Returns the largest relative difference. Throws a UserError if it is above 1e-4.
 */
export async function checkOnnx(model: Model, file: string, exits?: Exits): Promise<number> {
  return inTemporaryFolder(async (folder) => {
    let largest = 0;
    for (const count of [1, 5]) {
      const images = `${folder}/images${count}`;
      const size = model.imageSize;
      const batch = tf.tensor4d(Float32Array.from(fill(`images ${count}`, count * size * size * 3)), [
        count,
        size,
        size,
        3,
      ]);
      await writeImages(images, [{ images: tf.clone(batch) }]);
      const theirs = outputs(await runProgram(path.resolve('scripts', 'export', 'check.py'), [file, images]));
      for (const [name, ours] of ownOutputs(model, batch, exits)) {
        const difference = relativeDifference(ours, (theirs[name] ?? []).flat());
        if (!(difference <= tolerance))
          throw new UserError(
            `${file} does not equal ${model.name}: ${name} differs by ${difference.toExponential(1)} of its largest ` +
              `element on a batch of ${count}. Do not use the file, and report this as a bug.`,
          );
        largest = Math.max(largest, difference);
      }
      batch.dispose();
    }
    return largest;
  });
}

function outputs(json: string): Readonly<Record<string, readonly (readonly number[])[]>> {
  return parseJson(
    Buffer.from(json),
    (value) => z.record(z.array(z.array(z.number()))).parse(value),
    'The output of check.py',
    '',
  );
}

function ownOutputs(model: Model, images: tf.Tensor4D, exits?: Exits): [string, Float32Array][] {
  const results: [string, Float32Array][] = [];
  tf.tidy(() => {
    const output = model.forward(images, { mode: 'eval' });
    results.push(['logits', output.logits.dataSync<'float32'>().slice()]);
    for (const { stage, logits } of exits?.exits ?? [])
      results.push([`exit${stage}`, logits(output, 'eval').dataSync<'float32'>().slice()]);
  });
  return results;
}

/** The largest difference, relative to our largest element. Infinite if the lengths differ. */
function relativeDifference(ours: Float32Array, theirs: readonly number[]): number {
  if (ours.length !== theirs.length) return Infinity;
  const scale = ours.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const difference = ours.reduce((max, value, i) => Math.max(max, Math.abs(value - theirs[i]!)), 0);
  // The logits of a classifier that starts at zero are all zero.
  return difference === 0 ? 0 : difference / scale;
}
