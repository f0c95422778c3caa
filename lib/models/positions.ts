import type { StoredTensor } from '../io/safetensors';
import { resampleGrid } from '../tensor/resampling';

/**
 * A position embedding [1, 1 + old², width] for a grid of another size: [1, 1 + grid², width]. The class token's is kept, the grid's
 * is resized bicubically with antialiasing (timm's `resample_abs_pos_embed`).
 */
export function resizePositions(embedding: StoredTensor, grid: number): StoredTensor {
  const [, tokens = 0, width = 0] = embedding.shape;
  const old = Math.round(Math.sqrt(tokens - 1));
  if (old === grid || embedding.shape.length !== 3 || old * old !== tokens - 1) return embedding;
  const data = new Float32Array((1 + grid * grid) * width);
  data.set(embedding.data.subarray(0, width));
  data.set(resampleGrid(embedding.data.subarray(width), [old, old, width], [grid, grid], 'bicubic'), width);
  return { shape: [1, 1 + grid * grid, width], data };
}
