import { Random } from '../../tensor/random';
import { toBatch, type Batch } from './batches';
import type { ImageFiles } from '../images/imageFiles';
import { prepareFiles } from './prepareFiles';
import { imageNetPreprocessing } from './preprocess';

/** The images of files in order, cut as timm evaluates, those that cannot be read left out. Whoever takes a batch frees it. */
export async function* fileBatches(
  files: ImageFiles,
  batchSize: number,
  cropShare = imageNetPreprocessing.cropShare,
): AsyncGenerator<Batch, void> {
  for (let start = 0; start < files.count; start += batchSize) {
    const indices = Uint32Array.from({ length: Math.min(batchSize, files.count - start) }, (_, i) => start + i);
    const prepared = await prepareFiles(files, indices, new Random(0), {
      for: 'evaluation',
      side: files.size.height,
      cropShare,
    });
    if (prepared.indices.length > 0) yield toBatch(prepared);
  }
}
