import type { Precision } from '../../../engine/execute';
import type * as tf from '../../../engine/tf';
import { isWorthFusing, runFusedBlock, type LayerValues } from '../fusedBlock';

export interface TransformerBlockLayers {
  readonly norm1: LayerValues;
  /** Queries, keys and values: [width, 3 · width]; the bias may be missing. */
  readonly qkv: LayerValues;
  readonly proj: LayerValues;
  readonly norm2: LayerValues;
  readonly fc1: LayerValues;
  readonly fc2: LayerValues;
}

export interface TransformerBlockOptions {
  readonly heads: number;
  /** ε of both norms. */
  readonly epsilon: number;
  readonly precision: Precision;
}

/**
 * A pre-norm transformer block as one op (Vaswani et al. 2017; Dosovitskiy et al. 2021):
 * a = x + proj(attention(qkv(norm1(x)))), y = a + fc2(GELU(fc1(norm2(a)))). x and y [batch, tokens, width].
 *
 * Returns undefined if the kernel cannot run these sizes or would not be faster; then compose the block of its layers.
 */
export function fusedTransformerBlock(
  x: tf.Tensor3D,
  { norm1, qkv, proj, norm2, fc1, fc2 }: TransformerBlockLayers,
  { heads, epsilon, precision }: TransformerBlockOptions,
): tf.Tensor3D | undefined {
  const layers = [norm1, qkv, proj, norm2, fc1, fc2];
  const isAligned = x.shape[2] % (8 * heads) === 0;
  if (!isAligned || !isWorthFusing(layers)) return undefined;
  return runFusedBlock(x, {
    op: 'OfaTransformerBlock',
    layers,
    attributes: [
      ['heads', 'int', heads],
      ['epsilon', 'float', epsilon],
    ],
    precision,
    savedCount: 4,
  });
}
