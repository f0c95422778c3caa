import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix';
import { centred } from './exampleGram';
import type { Measure } from './measure';

/**
 * Orthogonal Procrustes similarity (Schönemann 1966; Williams et al. 2021; Ding et al. 2021): the nuclear norm of
 * XᵀY for centred features of unit Frobenius norm, which is 1 − d/2 where d = min over rotations Q of ‖X −
 * Y Qᵀ‖².
 *
 * Range [0, 1]. Invariant to rotation, translation and isotropic scaling. It is a metric's complement, so that 1
 * means equal up to these; small directions count more than in CKA. Misleads where layers are wider than the number
 * of examples: then every pair of layers can be rotated far towards each other. Costs a singular value
 * decomposition [examples, examples] for each pair of layers.
 */
export const procrustes: Measure<Matrix> = {
  name: 'Procrustes',
  minExamples: 2,
  prepare: ({ values, examples }) => {
    const gram = centred(values, examples);
    return gram && unitFactor(gram, examples);
  },
  similarity: (a, b) => nuclearNorm(a.mmul(b.transpose())),
  permuted: (factor, order) => {
    const result = new Matrix(factor.rows, factor.columns);
    for (let i = 0; i < factor.columns; i++) result.setColumn(i, factor.getColumn(order[i]!));
    return result;
  },
};

/**
 * A [rank, examples] with AᵀA = K / trace K. The features are a rotation of it, so that it has their singular values
 * with any other layer.
 */
function unitFactor(gram: Float64Array, examples: number): Matrix {
  const matrix = Matrix.from1DArray(examples, examples, gram);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const trace = matrix.trace();
  const kept = realEigenvalues.flatMap((value, i) => (value > 1e-14 * trace ? [i] : []));
  const factor = new Matrix(kept.length, examples);
  kept.forEach((i, row) => {
    const scale = Math.sqrt(realEigenvalues[i]! / trace);
    factor.setRow(
      row,
      eigenvectorMatrix.getColumn(i).map((value) => value * scale),
    );
  });
  return factor;
}

function nuclearNorm(matrix: Matrix): number {
  const wide = matrix.rows < matrix.columns ? matrix.transpose() : matrix;
  const options = { computeLeftSingularVectors: false, computeRightSingularVectors: false };
  return new SingularValueDecomposition(wide, options).diagonal.reduce((sum, value) => sum + value, 0);
}
