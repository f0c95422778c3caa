import type { FileTensor } from '../../io/safetensors/safetensors';
import { resampleGrid } from '../../tensor/resampling';

/**
 * Resizes a position embedding [1, 1 + old², width] to another grid: [1, 1 + grid², width]. The class token's embedding
 * is kept, the others are resized bicubically with antialiasing (timm's `resample_abs_pos_embed`). An embedding of
 * another form is returned unchanged.
 */
export function resizePositionEmbedding(embedding: FileTensor, grid: number): FileTensor {
  const [, tokens = 0, width = 0] = embedding.shape;
  const old = Math.round(Math.sqrt(tokens - 1));
  if (old === grid || embedding.shape.length !== 3 || old * old !== tokens - 1) return embedding;
  return {
    shape: [1, 1 + grid * grid, width],
    read: () => {
      const values = embedding.read();
      const data = new Float32Array((1 + grid * grid) * width);
      data.set(values.subarray(0, width));
      data.set(resampleGrid(values.subarray(width), [old, old, width], [grid, grid], 'bicubic'), width);
      return data;
    },
  };
}
