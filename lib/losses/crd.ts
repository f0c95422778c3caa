import { UserError } from '../errors';
import * as tf from '../tensor/engine/tf';
import { gatherRows } from '../tensor/ops/gatherRows/gatherRows';
import { checkPositive, checkSameShape } from './check';
import { normalise } from './norm';

/** The memory banks: an embedding of length 1 for each training image, [examples, width]. */
export interface CrdMemory {
  readonly student: tf.Tensor2D;
  readonly teacher: tf.Tensor2D;
}

/**
 * log Z, which normalises the scores of each network's embeddings. It is computed from the first batch and then kept.
 */
export interface CrdLogZ {
  readonly student: tf.Scalar;
  readonly teacher: tf.Scalar;
}

export interface CrdBatch {
  /** Embeddings of any length, [batch, width]. */
  readonly student: tf.Tensor2D;
  readonly teacher: tf.Tensor2D;
  /** Rows of the memory banks, int32 [batch, 1 + negatives]: the example's own row, then rows of other classes. */
  readonly rows: tf.Tensor2D;
}

const epsilon = 1e-7;

/**
 * CRD (Tian et al. 2020, arXiv 1910.10699), as in its released code (RepDistiller). The embeddings e of each network,
 * of length 1, are scored against the memory rows r of the other: s = exp(r · e / T) / Z. With N examples, K negatives
 * and c = K / N,
 *
 *     ℓ = − (Σ log(s₊ / (s₊ + c + ε)) + Σ log(c / (s₋ + c + ε))) / batch,    summed over both directions,
 *
 * where s₊ are scores of an example's own row and s₋ those of its negatives. Returns a scalar. The gradient reaches the
 * embeddings only. Throws a UserError if shapes do not match or the temperature T is not positive.
 */
export function crdLoss(batch: CrdBatch, memory: CrdMemory, logZ: CrdLogZ, temperature: number): tf.Scalar {
  check(batch, memory, temperature);
  return tf.tidy(() => {
    const noise = (batch.rows.shape[1] - 1) / memory.student.shape[0];
    const studentScores = logScores(batch.student, memory.teacher, batch.rows, temperature);
    const teacherScores = logScores(batch.teacher, memory.student, batch.rows, temperature);
    return tf.add(contrast(studentScores, logZ.student, noise), contrast(teacherScores, logZ.teacher, noise));
  });
}

/** log Z = log(N · mean score over the batch), for each network. Throws as `crdLoss` does. */
export function crdLogZ(batch: CrdBatch, memory: CrdMemory, temperature: number): CrdLogZ {
  check(batch, memory, temperature);
  return tf.tidy(() => {
    const logZ = (embedding: tf.Tensor2D, bank: tf.Tensor2D): tf.Scalar => {
      const scores = logScores(embedding, bank, batch.rows, temperature);
      return tf.add(tf.logSumExp<tf.Scalar>(scores), Math.log(bank.shape[0] / scores.size));
    };
    return { student: logZ(batch.student, memory.teacher), teacher: logZ(batch.teacher, memory.student) };
  });
}

/**
 * Returns the memory banks after a batch: each example's own row becomes
 * normalise(momentum · row + (1 − momentum) · normalise(embedding)). The caller disposes the old banks.
 */
export function updateCrdMemory(batch: CrdBatch, memory: CrdMemory, momentum: number): CrdMemory {
  return tf.tidy(() => {
    const ownRows = tf.slice(batch.rows, [0, 0], [-1, 1]);
    const update = (bank: tf.Tensor2D, embedding: tf.Tensor2D): tf.Tensor2D => {
      const old = gatherRows(bank, tf.squeeze<tf.Tensor1D>(ownRows, [1]));
      const mixed = tf.add<tf.Tensor2D>(tf.mul(old, momentum), tf.mul(normalise(embedding, 1), 1 - momentum));
      return tf.reshape<tf.Rank.R2>(tf.tensorScatterUpdate(bank, ownRows, normalise(mixed, 1)), bank.shape);
    };
    return { student: update(memory.student, batch.student), teacher: update(memory.teacher, batch.teacher) };
  });
}

/** row · embedding / T for each row of each example, [batch, 1 + negatives]. */
function logScores(embedding: tf.Tensor2D, bank: tf.Tensor2D, rows: tf.Tensor2D, temperature: number): tf.Tensor2D {
  const [batch, count] = rows.shape;
  const examples = bank.shape[0];
  // Multiplies by the whole bank and picks scores afterwards: gathering the rows first would copy far more numbers.
  const allScores = tf.matMul(normalise(embedding, 1), bank, false, true);
  const firstIndices = tf.expandDims(tf.range(0, batch * examples, examples, 'int32'), 1);
  const indices = tf.add<tf.Tensor2D>(rows, firstIndices);
  const scores = gatherRows(tf.reshape(allScores, [batch * examples]), tf.reshape(indices, [batch * count]));
  return tf.div(tf.reshape<tf.Rank.R2>(scores, [batch, count]), temperature);
}

/** One direction of the loss, in log space; `noise` is c. */
function contrast(logScores: tf.Tensor2D, logZ: tf.Scalar, noise: number): tf.Scalar {
  const margin = tf.sub<tf.Tensor2D>(tf.sub(logScores, logZ), Math.log(noise + epsilon));
  const [batch, count] = logScores.shape;
  const positive = tf.sum<tf.Scalar>(tf.softplus(tf.neg(tf.slice(margin, [0, 0], [-1, 1]))));
  const negative = tf.sum<tf.Scalar>(tf.softplus(tf.slice(margin, [0, 1], [-1, -1])));
  const constant = batch * (count - 1) * Math.log1p(epsilon / noise);
  return tf.div(tf.add(tf.add(positive, negative), constant), batch);
}

function check({ student, teacher, rows }: CrdBatch, memory: CrdMemory, temperature: number): void {
  checkSameShape(student, teacher, 'CRD', 'student and teacher embeddings');
  checkSameShape(memory.student, memory.teacher, 'CRD', 'the two memory banks');
  checkPositive(temperature, 'CRD', 'temperature');
  if (student.shape[1] !== memory.student.shape[1])
    throw new UserError(
      `CRD: embeddings have width ${student.shape[1]} and memory banks ${memory.student.shape[1]}. ` +
        'Use the same width for both.',
    );
  if (rows.shape[0] !== student.shape[0] || rows.shape[1] < 2)
    throw new UserError(
      `CRD: rows have shape [${rows.shape}]. ` +
        `They must be [${student.shape[0]}, 1 + negatives], with at least one negative.`,
    );
}
