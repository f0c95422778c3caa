import * as tf from '../tensor/engine/tf';
import { checkSameShape } from './check';
import { labelDistribution, type Labels } from './labels';
import { normalise } from './norm';

/*
 * SPOFA (arXiv 2606.24557) weights the OFA loss: each example of the logits by how well its gradient agrees with that
 * of the label, each stage by how well its branch agrees with the teacher, both against running means. The weights are
 * constants to the gradient.
 */

/**
 * Cosine per example between the gradients of the cross entropy with the label and of the OFA loss with respect to
 * the student's logits: p − y and p̃ Σ_c w_c − w, with p = softmax(z), p̃ = softmax(z / T) and w of
 * `ofaWeights`. Logits and weights [batch, classes], labels [batch] or soft; returns [batch] in [−1, 1].
 */
export function gradientCosines(
  student: tf.Tensor2D,
  ofaWeights: tf.Tensor2D,
  labels: Labels,
  temperature = 1,
): tf.Tensor1D {
  checkSameShape(student, ofaWeights, 'SPOFA', 'logits and OFA weights');
  return tf.tidy(() => {
    const ofLabel = tf.sub<tf.Tensor2D>(softmax(student), labelDistribution(labels, student.shape[1]));
    const probabilities = softmax(tf.div<tf.Tensor2D>(student, temperature));
    const ofTeacher = tf.sub<tf.Tensor2D>(tf.mul(probabilities, tf.sum(ofaWeights, 1, true)), ofaWeights);
    return cosines(ofLabel, ofTeacher);
  });
}

/**
 * Weight of each example's OFA loss: clamp(1 − 0.1 · scale · max(mean − c, 0), 0.5, 2), lower where the
 * cosine c lies below its running mean. Cosines [batch]; returns [batch].
 */
export function exampleWeights(cosine: tf.Tensor1D, mean: tf.Scalar, scale: number): tf.Tensor1D {
  return tf.tidy(() => {
    const below = tf.relu(tf.sub(mean, cosine));
    return tf.clipByValue(tf.sub<tf.Tensor1D>(1, tf.mul(below, 0.1 * scale)), 0.5, 2);
  });
}

/**
 * Batch mean of the cosine between the logits of a branch and of the teacher [batch, classes]; returns a scalar in
 * [−1, 1].
 */
export function meanLogitCosine(branch: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar {
  checkSameShape(branch, teacher, 'SPOFA', 'branch and teacher logits');
  return tf.tidy(() => tf.mean(cosines(branch, teacher)));
}

/**
 * Weight of a stage's OFA loss: clamp(1 − scale · (mean − c), 0.1, 2), for c of `meanLogitCosine` and its
 * running mean.
 */
export function stageWeight(cosine: tf.Scalar, mean: tf.Scalar, scale: number): tf.Scalar {
  return tf.tidy(() => tf.clipByValue(tf.sub<tf.Scalar>(1, tf.mul(tf.sub(mean, cosine), scale)), 0.1, 2));
}

/** As `tf.softmax`, whose op rounds in another way in compiled steps. The caller tidies. */
function softmax(logits: tf.Tensor2D): tf.Tensor2D {
  return tf.exp(tf.logSoftmax(logits));
}

function cosines(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor1D {
  return tf.sum<tf.Tensor1D>(tf.mul(normalise(a, 1), normalise(b, 1)), 1);
}
