import { disposeImages, type Batch, type TrainingImages } from '../../data/loading/batch';
import { augmentedImages } from '../../data/loading/storedImages';
import { mixByTensor } from '../../data/transforms/mix';
import type { Labels } from '../../losses/labels';
import type { TeacherOutput } from '../../methods/teacherAccess';
import * as tf from '../../tensor/engine/tf';
import type { Random } from '../../tensor/random';

/** A micro-batch as a step receives it. */
export interface LabelledBatch extends Pick<Batch<TrainingImages>, 'images' | 'indices'> {
  /** Soft if the images are mixed. */
  readonly labels: Labels;
  /** The plan by which the step mixes images and labels (`planTensor`). Default: it does not mix them. */
  readonly mix?: tf.Tensor1D | undefined;
  /** The highest drop rate of stochastic depth. Default: every example passes every block. */
  readonly dropPath?: number | undefined;
  /** Random numbers of this micro-batch. Default: those of seed 0. */
  readonly random?: Random | undefined;
  /** Returns the teacher's output on the images. Default: the teacher's forward pass. */
  readonly teacherOutput?: () => TeacherOutput;
}

/** What student and teacher see: stored images augmented, then images and labels mixed. The caller tidies. */
export function imagesAndLabels(
  { images: given, labels, mix }: Pick<LabelledBatch, 'images' | 'labels' | 'mix'>,
  classes: number,
): { readonly images: tf.Tensor4D; readonly labels: Labels } {
  const images = given instanceof tf.Tensor ? given : augmentedImages(given);
  if (!mix) return { images, labels };
  const { images: mixed, targets } = mixByTensor({ images, labels }, classes, mix);
  return { images: mixed, labels: targets };
}

/** Frees the tensors of a micro-batch. */
export function disposeLabelled({ images, labels, mix }: LabelledBatch): void {
  disposeImages(images);
  tf.dispose([labels, ...(mix ? [mix] : [])]);
}
