import { pick } from '../tensor/ops/pick';
import * as tf from '../tensor/engine/tf';
import { UserError } from '../errors';
import { checkPositive, checkSameShape } from './check';
import { normalise } from './norm';

/** The remembered embeddings [examples, width], rows of length 1. */
export interface CrdMemory {
  readonly student: tf.Tensor2D;
  readonly teacher: tf.Tensor2D;
}

/** log Z for the scores of each network's embeddings: taken from the first batch and kept from then on. */
export interface CrdLogZ {
  readonly student: tf.Scalar;
  readonly teacher: tf.Scalar;
}

export interface CrdBatch {
  /** Embeddings of student and teacher [batch, width]; of any length. */
  readonly student: tf.Tensor2D;
  readonly teacher: tf.Tensor2D;
  /** Memory rows, int32 [batch, 1 + negatives]: the example's own first, then rows of other classes. */
  readonly rows: tf.Tensor2D;
}

const epsilon = 1e-7;

/**
 * CRD (Tian et al. 2020, as its code): with scores s = exp(row · embedding / T) / Z against the other
 * network's memory, N examples, K negatives and c = K / N, in both directions
 * ℓ = − (Σ log(s₊ / (s₊ + c + ε)) + Σ log(c / (s₋ + c + ε))) / batch. Returns a scalar; memories and Z get no gradient.
 */
export function crdLoss(batch: CrdBatch, memory: CrdMemory, normalisers: CrdLogZ, temperature: number): tf.Scalar {
  check(batch, memory, temperature);
  return tf.tidy(() => {
    const noise = (batch.rows.shape[1] - 1) / memory.student.shape[0];
    const student = contrast(
      logScores(batch.student, memory.teacher, batch.rows, temperature),
      normalisers.student,
      noise,
    );
    const teacher = contrast(
      logScores(batch.teacher, memory.student, batch.rows, temperature),
      normalisers.teacher,
      noise,
    );
    return tf.add(student, teacher);
  });
}

/** log Z = log(N · mean score) of a batch, for each network. */
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

/** The memories after a batch: own row ← normalise(momentum · row + (1 − momentum) · embedding). The caller frees the old ones. */
export function updateCrdMemory(batch: CrdBatch, memory: CrdMemory, momentum: number): CrdMemory {
  return tf.tidy(() => {
    const own = tf.slice(batch.rows, [0, 0], [-1, 1]);
    const moved = (bank: tf.Tensor2D, embedding: tf.Tensor2D): tf.Tensor2D => {
      const rows = tf.gather(bank, tf.squeeze<tf.Tensor1D>(own, [1]));
      const next = normalise(
        tf.add<tf.Tensor2D>(tf.mul(rows, momentum), tf.mul(normalise(embedding, 1), 1 - momentum)),
        1,
      );
      return tf.reshape<tf.Rank.R2>(tf.tensorScatterUpdate(bank, own, next), bank.shape);
    };
    return { student: moved(memory.student, batch.student), teacher: moved(memory.teacher, batch.teacher) };
  });
}

/** row · embedding / T for each chosen row [batch, 1 + negatives]; the whole bank is multiplied once, as gathering rows would copy far more. */
function logScores(embedding: tf.Tensor2D, bank: tf.Tensor2D, rows: tf.Tensor2D, temperature: number): tf.Tensor2D {
  const [batch, count] = rows.shape;
  const examples = bank.shape[0];
  const all = tf.matMul(normalise(embedding, 1), bank, false, true);
  const places = tf.add<tf.Tensor2D>(rows, tf.expandDims(tf.range(0, batch * examples, examples, 'int32'), 1));
  const chosen = pick(tf.reshape(all, [batch * examples]), tf.reshape(places, [batch * count]));
  return tf.div(tf.reshape<tf.Rank.R2>(chosen, [batch, count]), temperature);
}

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
  checkSameShape(memory.student, memory.teacher, 'CRD', 'the memories');
  checkPositive(temperature, 'CRD', 'temperature');
  if (student.shape[1] !== memory.student.shape[1])
    throw new UserError(`CRD: embeddings are ${student.shape[1]} wide and memories ${memory.student.shape[1]}.`);
  if (rows.shape[0] !== student.shape[0] || rows.shape[1] < 2)
    throw new UserError(
      `CRD: rows [${rows.shape}] must give each of ${student.shape[0]} examples its own row and at least one of another class.`,
    );
}
