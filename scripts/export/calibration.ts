import { loadCifar100 } from '../../lib/data/datasets/cifar100/cifar100';
import type { FileDataset } from '../../lib/data/datasets/dataset';
import { holdOut, stratifiedSample } from '../../lib/data/datasets/holdOut';
import { openImageFolder } from '../../lib/data/datasets/imageFolder';
import type { Batch } from '../../lib/data/loading/batch';
import { batches } from '../../lib/data/loading/batches';
import { fileBatches } from '../../lib/data/loading/fileBatches';
import type { UnreadableImage } from '../../lib/data/loading/batchData';
import { UserError } from '../../lib/errors';
import type { Classifier } from '../../lib/export/classifier';
import { calibrationImages } from '../../lib/export/onnxruntime/quantise';
import type { ImageBatches } from '../../lib/export/onnxruntime/writeImages';
import { Random } from '../../lib/tensor/random';

const batchSize = 100;

/** Batches of the images that can be decoded. Prints the names of the others. Throws a UserError if none is left. */
async function* readableBatches(images: FileDataset, folder: string, cropShare: number): AsyncGenerator<Batch, void> {
  let isEmpty = true;
  const onUnreadable = ({ name, reason }: UnreadableImage): void => console.log(`${name} is left out: ${reason}`);
  for await (const batch of fileBatches(images, batchSize, { cropShare, onUnreadable })) {
    isEmpty = false;
    yield batch;
  }
  if (isEmpty) throw new UserError(`No image in ${folder} can be decoded. Give --calibrate with a folder of images.`);
}

/**
 * At most 500 images of a folder, or training images of CIFAR-100, normalised for a network. Throws a UserError if the
 * images cannot be used.
 */
export async function calibrationBatches(
  { model, preprocessing }: Classifier,
  folder: string | undefined,
): Promise<ImageBatches> {
  const { mean, std, imageSize, cropShare } = preprocessing;
  if (folder !== undefined) {
    const all = await openImageFolder(folder, { imageSize, normalisation: { mean, std }, minClasses: 1 });
    const sample = stratifiedSample(all, Math.min(all.count, calibrationImages), new Random(0));
    return 'images' in sample ? batches(sample, { batchSize }) : readableBatches(sample, folder, cropShare);
  }
  if (imageSize !== 32)
    throw new UserError(
      `${model.name} reads images of ${imageSize} px, and the default calibration images are CIFAR-100's, of 32 px. ` +
        'Give --calibrate with a folder of images.',
    );
  const { train } = await loadCifar100();
  return batches({ ...holdOut(train, calibrationImages, new Random(0)).heldOut, mean, std }, { batchSize });
}
