import { aligned, alignment, type Alignment } from './centredKernelAlignment';
import { hsicOfCentred, uCentre } from './hsic';
import type { Measure } from './measure';
import { dot, permutedTriangle } from './triangle';

/**
 * Linear CKA (Kornblith et al. 2019, section 3): ⟨K, L⟩ / (‖K‖ ‖L‖) for K = X Xᵀ and L = Y Yᵀ of
 * centred features.
 *
 * Range [0, 1]. Invariant to rotation, translation and isotropic scaling of either layer, not to invertible linear
 * maps. Misleads where layers are wide for the number of examples: it then rises towards 1 even for unrelated
 * layers (Gröger et al. 2026). A few directions of large variance, and outliers, dominate it.
 */
export const biasedCka: Measure<Alignment> = {
  name: 'CKA (biased)',
  minExamples: 2,
  prepare: ({ values, examples }) => aligned(values, examples),
  ...alignment,
};

interface UCentred {
  readonly examples: number;
  /** The U-centred Gram matrix of unit norm, as an upper triangle. */
  readonly triangle: Float64Array;
}

/**
 * Linear CKA by the unbiased HSIC₁ of Song et al. (2012, equation 5), as in Nguyen et al. (2021): 0 on average
 * for independent layers of any width, and may be below 0. Its invariances are those of biased CKA.
 */
export const unbiasedCka: Measure<UCentred> = {
  name: 'CKA (unbiased)',
  minExamples: 4,
  prepare: ({ values, examples }) => {
    const triangle = uCentre(values, examples);
    const own = hsicOfCentred(triangle, triangle, examples);
    const magnitude = dot(values, values) / (examples * (examples - 3));
    if (own <= 1e-20 * magnitude) return undefined;
    const norm = Math.sqrt(2 * dot(triangle, triangle));
    return { examples, triangle: triangle.map((value) => value / norm) };
  },
  similarity: (a, b) => 2 * dot(a.triangle, b.triangle),
  permuted: ({ examples, triangle }, order) => ({ examples, triangle: permutedTriangle(triangle, order, examples) }),
};
