import type { TeacherOutput } from '../../methods/teacherAccess';
import * as tf from '../../tensor/engine/tf';
import type { LabelledBatch } from './labelledBatch';

/** The tensors of a micro-batch, as inputs of a compiled function. */
export type BatchInputs = Pick<LabelledBatch, 'labels' | 'mix'> & {
  /** Present unless the images are stored ones. */
  readonly images?: tf.Tensor4D;
  readonly bytes?: tf.Tensor2D;
  readonly crops?: tf.Tensor2D;
  /** Present if the teacher's output does not come from a forward pass of the step. */
  readonly teacherLogits?: tf.Tensor2D;
  readonly teacherPooled?: tf.Tensor2D;
};

/** `teacherOutput` is what the function of the micro-batch returned. */
export function batchInputs(
  { images, labels, mix }: LabelledBatch,
  teacherOutput: TeacherOutput | undefined,
): BatchInputs {
  return {
    ...(images instanceof tf.Tensor ? { images } : { bytes: images.bytes, crops: images.crops }),
    labels,
    ...(mix && { mix }),
    ...(teacherOutput && { teacherLogits: teacherOutput.logits, teacherPooled: teacherOutput.pooled }),
  };
}

/** The micro-batch with these tensors in place of its own. */
export function batchOfInputs(
  { images, bytes, crops, labels, mix, teacherLogits, teacherPooled }: BatchInputs,
  microBatch: LabelledBatch,
): LabelledBatch {
  const { images: given, indices, dropPath } = microBatch;
  const stored = given instanceof tf.Tensor ? given : { dataset: given.dataset, bytes: bytes!, crops: crops! };
  const output = teacherLogits && teacherPooled && { logits: teacherLogits, pooled: teacherPooled };
  return {
    images: images ?? stored,
    labels,
    mix,
    indices,
    dropPath,
    ...(output && { teacherOutput: () => output }),
  };
}
