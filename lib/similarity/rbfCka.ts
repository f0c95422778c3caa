import { UserError } from '../errors';
import { squaredDistances } from './exampleGram';
import { centredKernel, innerProduct, type KernelVector } from './kernelVector';
import type { Measure } from './measure';
import { upperTriangle } from './triangle';

/**
 * CKA with a Gaussian kernel (Kornblith et al. 2019): K_ij = exp(−d_ij² / (2 σ²)), σ² = width²
 * · median d², the median over pairs of different examples.
 *
 * Range [0, 1]. Invariant to rotation, translation and isotropic scaling of either layer, not to invertible linear
 * maps. A narrow kernel compares neighbourhoods, a wide one approaches linear CKA. Misleads as linear CKA does
 * where layers are much wider than the number of examples: calibrate it.
 */
export function rbfCka(width = 1): Measure<KernelVector> {
  if (!(width > 0 && Number.isFinite(width)))
    throw new UserError(`RBF CKA: the kernel's width is ${width}; it must be a positive share of the median distance.`);
  return {
    name: 'RBF CKA',
    minExamples: 3,
    prepare: (gram) => {
      const distances = squaredDistances(gram);
      const median = lowerMedian(upperTriangle(distances, gram.examples));
      if (median === 0) return undefined;
      const scale = -1 / (2 * width ** 2 * median);
      return centredKernel(
        distances.map((squared) => Math.exp(squared * scale)),
        gram.examples,
      );
    },
    ...innerProduct,
  };
}

/** The lower of the two middle values where their number is even. */
function lowerMedian(values: Float64Array): number {
  return values.slice().sort()[Math.floor((values.length - 1) / 2)]!;
}
