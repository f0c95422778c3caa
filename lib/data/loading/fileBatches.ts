import { Random } from '../../tensor/random';
import type { FileDataset } from '../datasets/dataset';
import { openDecoderProcesses } from '../decoding/decoderProcesses';
import { imageNetPreprocessing } from '../transforms/preprocessing';
import type { TransformSpec } from '../transforms/transformSpec';
import { toBatch, type Batch } from './batch';
import { loadFromFiles } from './loadFromFiles';
import type { UnreadableImage } from './batchData';

export interface FileBatchOptions {
  /** Share of the resized image that is cropped. Default: timm's. */
  readonly cropShare?: number;
  /** Called for each image that cannot be decoded. */
  readonly onUnreadable?: (image: UnreadableImage) => void;
}

/** All images of a file dataset in order, preprocessed as in timm's evaluation. Unreadable images are left out. */
export async function* fileBatches(
  dataset: FileDataset,
  batchSize: number,
  { cropShare = imageNetPreprocessing.cropShare, onUnreadable }: FileBatchOptions = {},
): AsyncGenerator<Batch, void> {
  const spec: TransformSpec = { for: 'evaluation', imageSize: dataset.size.height, cropShare };
  const processes = openDecoderProcesses();
  try {
    for (let start = 0; start < dataset.count; start += batchSize) {
      const indices = Uint32Array.from({ length: Math.min(batchSize, dataset.count - start) }, (_, i) => start + i);
      const data = await loadFromFiles(dataset, indices, new Random(0), spec, processes);
      if (onUnreadable) data.unreadable?.forEach(onUnreadable);
      if (data.indices.length > 0) yield toBatch(data);
    }
  } finally {
    processes.close();
  }
}
