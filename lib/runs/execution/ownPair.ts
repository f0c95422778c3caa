import type { OwnData } from '../../training/recipe/recipe';
import type { MethodSpec } from '../../methods/methods';

/** A teacher of a pair. */
export interface PairTeacher {
  readonly model: string;
  /**
   * A .safetensors file or a repository of the Hugging Face hub. If omitted, the teacher is trained on the images
   * first.
   */
  readonly weights?: string;
  /**
   * Input height and width of the teacher in pixels, if it differs: the teacher then reads the student's images,
   * resized. If the teacher is trained first, it is trained on images of this size.
   */
  readonly imageSize?: number;
}

/** A student, its teachers, and the images on which the student learns from them. */
export interface Pair {
  readonly student: string;
  /** Several teach as one, with the mean of their probabilities. */
  readonly teachers: readonly [PairTeacher, ...PairTeacher[]];
  readonly data: OwnData;
  readonly method: MethodSpec;
  /** Epochs of every run, also of a teacher's training. Default: the published 300. */
  readonly epochs?: number;
  /** Images per update. Default: 128, or fewer for small sets of images. */
  readonly batchSize?: number;
  /** Peak learning rate of the student. Default: the published one, scaled to the batch size. */
  readonly learningRate?: number;
  /** Input height and width of the student, and of teachers without an image size of their own, in pixels. */
  readonly imageSize: number;
  /** Precision of matrix products in all runs. Default: float32. */
  readonly precision?: 'bfloat16';
  readonly seed?: number;
}
