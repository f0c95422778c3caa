import type { Random } from '../../tensor/random';
import type { FileDataset } from '../datasets/dataset';
import type { DecoderProcesses } from '../decoding/decoderProcesses';
import { withoutCrop } from '../transforms/resizedCrop';
import { createTransforms, type TransformSpec } from '../transforms/transformSpec';
import type { BatchData } from './batchData';
import { decodeImages } from './decodeImages';
import { loadFromMemory } from './loadFromMemory';

/**
 * `loadFromMemory` for images in files: the crop of the spec is taken while the images are decoded, and the other
 * transforms are applied to the result. Throws as `decodeImages` does.
 */
export async function loadFromFiles(
  dataset: FileDataset,
  indices: Uint32Array,
  random: Random,
  spec: TransformSpec,
  processes: DecoderProcesses,
): Promise<BatchData> {
  const {
    images,
    indices: decoded,
    unreadable,
  } = await decodeImages(dataset, indices, random.fork('cut'), spec, processes);
  const positions = Uint32Array.from(decoded.keys());
  const transforms = createTransforms(withoutCrop(spec), images);
  return {
    ...loadFromMemory(images, positions, random.fork('change'), transforms),
    indices: decoded,
    ...(unreadable.length > 0 && { unreadable }),
  };
}
