import { z } from 'zod';
import { standardiseLogits } from '../losses/standardise';
import type * as tf from '../tensor/engine/tf';

/**
 * Standardises the logits of student and teacher before the loss (Sun et al., CVPR 2024, arXiv 2403.01427).
 * Default: off. The released command has temperature 2 and weight 9; DKD keeps alpha 1 and beta 8 under that weight
 * (github sunshangquan/logit-standardization-KD, `--logit-stand --base-temp 2 --kd-weight 9`).
 */
export const standardise = z.boolean().default(false);

/** Returns a function that reads the logits of a network's output, standardised or as they are. */
export function logitsReader(isStandardised: boolean): (output: { readonly logits: tf.Tensor2D }) => tf.Tensor2D {
  return ({ logits }) => (isStandardised ? standardiseLogits(logits) : logits);
}
