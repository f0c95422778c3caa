import { stat } from 'node:fs/promises';
import path from 'node:path';
import { loadCifar100 } from '../../lib/data/datasets/cifar100/cifar100';
import { holdOut, stratifiedSample } from '../../lib/data/datasets/holdOut';
import { openImageFolder } from '../../lib/data/datasets/imageFolder';
import type { Batch } from '../../lib/data/loading/batch';
import { batches } from '../../lib/data/loading/batches';
import { fileBatches } from '../../lib/data/loading/fileBatches';
import { UserError } from '../../lib/errors';
import type { Classifier } from '../../lib/export/classifier';
import { Random } from '../../lib/tensor/random';
import { inTemporaryFolder } from '../cli/temporaryFolder';
import { writeImages } from './images';
import { runWithOnnxruntime } from './onnxruntime';

/** Images from which the ranges of activations are measured. */
const calibrationImages = 500;

/**
 * Writes `model_int8.onnx` beside an ONNX model, by onnxruntime's static quantisation: weights and activations of
 * convolutions and matrix products in 8 bits. Calibrates on at most 500 images of a folder, or on training images of
 * CIFAR-100. Throws a UserError if the images cannot be used.
 */
export async function quantise(
  classifier: Classifier,
  model: string,
  folder: string | undefined,
): Promise<{ readonly file: string; readonly bytes: number }> {
  const file = path.join(path.dirname(model), 'model_int8.onnx');
  const images = await calibrationBatches(classifier, folder);
  await inTemporaryFolder(async (temporary) => {
    const input = path.join(temporary, 'images');
    await writeImages(input, images);
    await runWithOnnxruntime('quantise.py', [model, input, file]);
  });
  return { file, bytes: (await stat(file)).size };
}

/** Calibration images, normalised, in batches. */
async function calibrationBatches(
  { model, preprocessing }: Classifier,
  folder: string | undefined,
): Promise<Iterable<Batch> | AsyncIterable<Batch>> {
  const { mean, std, imageSize, cropShare } = preprocessing;
  if (folder !== undefined) {
    const all = await openImageFolder(folder, { imageSize, normalisation: { mean, std } });
    const sample = stratifiedSample(all, Math.min(all.count, calibrationImages), new Random(0));
    return 'images' in sample ? batches(sample, { batchSize }) : fileBatches(sample, batchSize, cropShare);
  }
  if (imageSize !== 32)
    throw new UserError(
      `${model.name} reads images of ${imageSize} px, and the default calibration images are CIFAR-100's, of 32 px. ` +
        'Give --calibrate with a folder of images.',
    );
  const { train } = await loadCifar100();
  const { heldOut } = holdOut({ ...train, mean, std }, calibrationImages, new Random(0));
  return batches(heldOut, { batchSize });
}

const batchSize = 100;
