import type { Precision } from '../../../engine/execute';
import type * as tf from '../../../engine/tf';
import { isWorthFusing, runFusedBlock, type LayerValues } from '../fusedBlock';

export interface MixerBlockLayers {
  readonly norm1: LayerValues;
  /** The MLP over tokens: [tokens, hidden] and back; both have a bias. */
  readonly tokens1: LayerValues;
  readonly tokens2: LayerValues;
  readonly norm2: LayerValues;
  /** The MLP over channels: [width, hidden] and back. */
  readonly channels1: LayerValues;
  readonly channels2: LayerValues;
}

export interface MixerBlockOptions {
  /** ε of both norms. */
  readonly epsilon: number;
  readonly precision: Precision;
}

/**
 * A block of MLP-Mixer as one op (Tolstikhin et al. 2021, eq. 1):
 * m = x + (MLP over tokens of norm1(x)), y = m + (MLP over channels of norm2(m)). x and y [batch, tokens, width].
 *
 * Returns undefined if the kernel cannot run these sizes or would not be faster; then compose the block of its layers.
 */
export function fusedMixerBlock(
  x: tf.Tensor3D,
  { norm1, tokens1, tokens2, norm2, channels1, channels2 }: MixerBlockLayers,
  { epsilon, precision }: MixerBlockOptions,
): tf.Tensor3D | undefined {
  const layers = [norm1, tokens1, tokens2, norm2, channels1, channels2];
  const isAligned = layers.flatMap(({ weight }) => weight.shape).every((size) => size % 8 === 0);
  if (!isAligned || !isWorthFusing(layers)) return undefined;
  return runFusedBlock(x, {
    op: 'OfaMixerBlock',
    layers,
    attributes: [['epsilon', 'float', epsilon]],
    precision,
    savedCount: 3,
  });
}
