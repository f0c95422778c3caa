import { hsicOfCentred, uCentre } from './hsic';
import { centredKernel, innerProduct, unitVector, type KernelVector } from './kernelVector';
import type { Measure } from './measure';
import { dot } from './triangle';

/**
 * Linear CKA over one full batch (Kornblith et al. 2019, section 3): ⟨K, L⟩ / (‖K‖ ‖L‖) for K = X Xᵀ and L = Y Yᵀ of
 * centred features.
 *
 * Range [0, 1]. Invariant to rotation, translation and isotropic scaling of either layer, not to invertible linear
 * maps. Misleads where layers are wide for the number of examples: it then rises towards 1 even for unrelated
 * layers (Gröger et al. 2026). A few directions of large variance, and outliers, dominate it. Memory grows with the
 * square of the number of examples; `MinibatchCka` needs only that of a batch.
 */
export const biasedCka: Measure<KernelVector> = {
  name: 'CKA (biased)',
  minExamples: 2,
  prepare: ({ values, examples }) => centredKernel(values, examples),
  ...innerProduct,
};

/**
 * Linear CKA by the unbiased HSIC₁ of Song et al. (2012, equation 5), as in Nguyen et al. (2021): 0 on average
 * for independent layers of any width, and may be below 0. Its invariances are those of biased CKA.
 */
export const unbiasedCka: Measure<KernelVector> = {
  name: 'CKA (unbiased)',
  minExamples: 4,
  prepare: ({ values, examples }) => {
    const triangle = uCentre(values, examples);
    const own = hsicOfCentred(triangle, triangle, examples);
    const magnitude = dot(values, values) / (examples * (examples - 3));
    return own <= 1e-20 * magnitude ? undefined : unitVector(triangle, examples);
  },
  ...innerProduct,
};
