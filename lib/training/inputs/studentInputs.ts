import type { Batch, TrainingImages } from '../../data/loading/batch';
import { drawMix, mixBatch, planTensor } from '../../data/transforms/mix';
import type { ImageSize } from '../../data/image';
import type { TeacherOutput } from '../../methods/teacherAccess';
import type { Model } from '../../models/model';
import { Random } from '../../tensor/random';
import * as tf from '../../tensor/engine/tf';
import type { Recipe } from '../recipe/recipe';
import { imagesAndLabels, type LabelledBatch } from '../step/labelledBatch';
import type { MicroBatchPosition, TeacherCache } from '../teacher/teacherCache';
import { TeacherPrefetch } from '../teacher/teacherPrefetch';

export interface StudentInputsOptions {
  readonly recipe: Recipe;
  /** Missing if the method does not read a teacher. */
  readonly teacher?: Model | undefined;
  readonly teacherCache?: TeacherCache | undefined;
  readonly classes: number;
  readonly stepsPerEpoch: number;
  /** Whether the teacher runs on the next batch while the student learns from this one. */
  readonly prefetch: boolean;
  /** Whether the step mixes images and labels, as a compiled step does. Otherwise they are mixed here. */
  readonly mixInStep: boolean;
}

/** Makes of each micro-batch what a step receives: mixed images, random numbers, and the teacher's output. */
export class StudentInputs {
  private readonly prefetch?: TeacherPrefetch;

  constructor(private readonly options: StudentInputsOptions) {
    if (options.prefetch && options.teacher) this.prefetch = new TeacherPrefetch(options.teacher);
  }

  /** Whether `prepare` needs the next batch. */
  get needsNext(): boolean {
    return this.prefetch !== undefined;
  }

  /**
   * Prepares one micro-batch. Labels stay class indices unless the recipe mixes images. If the teacher's output is
   * read, the teacher then starts on `next`, the next batch of the epoch.
   */
  prepare(
    microBatch: Batch<TrainingImages>,
    position: MicroBatchPosition,
    next: Batch<TrainingImages> | undefined,
  ): LabelledBatch {
    const { recipe, teacher, teacherCache } = this.options;
    const mixed = this.mixed(microBatch, position);
    return {
      ...mixed,
      indices: microBatch.indices,
      dropPath: recipe.dropPath,
      random: this.randomOf('draw', position),
      ...(teacher &&
        (teacherCache ?? this.prefetch) && {
          teacherOutput: () => this.teacherOutput(teacher, mixed, position, next),
        }),
    };
  }

  dispose(): void {
    this.prefetch?.dispose();
  }

  private mixed(microBatch: Batch<TrainingImages>, position: MicroBatchPosition): MixedInputs {
    const { recipe, classes, mixInStep } = this.options;
    const { images, labels } = microBatch;
    if (!recipe.mixing) return { images, labels };
    const { mixup = 0, cutmix = 0 } = recipe.mixing;
    const mixing = { mixup, cutmix, labelSmoothing: 0 };
    const random = this.randomOf('mix', position);
    if (mixInStep) return { images, labels, mix: planTensor(drawMix(sizeOf(images), random, mixing)) };
    return tf.tidy(() => {
      const mixed = mixBatch({ images: imagesAndLabels(microBatch, classes).images, labels }, classes, random, mixing);
      return { images: mixed.images, labels: mixed.targets };
    });
  }

  private randomOf(purpose: 'draw' | 'mix', { epoch, step, microBatchIndex }: MicroBatchPosition): Random {
    return new Random(this.options.recipe.seed)
      .fork(purpose)
      .fork(epoch * this.options.stepsPerEpoch + step + 1)
      .fork(microBatchIndex);
  }

  /** The teacher's output from the cache, from the prefetch, or from a forward pass. */
  private teacherOutput(
    teacher: Model,
    mixed: MixedInputs,
    position: MicroBatchPosition,
    next: Batch<TrainingImages> | undefined,
  ): TeacherOutput {
    const { teacherCache, classes } = this.options;
    const compute = (): TeacherOutput => {
      const { images } = imagesAndLabels(mixed, classes);
      return this.prefetch?.output(images) ?? teacher.forward(images, { mode: 'eval' });
    };
    const output = teacherCache ? teacherCache.output(position, compute) : compute();
    this.startNext(position, next);
    return output;
  }

  private startNext(
    { epoch, step, microBatchIndex }: MicroBatchPosition,
    next: Batch<TrainingImages> | undefined,
  ): void {
    const { teacherCache, stepsPerEpoch } = this.options;
    const position = { epoch, step: step + 1, microBatchIndex };
    if (!this.prefetch || !next || position.step === stepsPerEpoch || teacherCache?.has(position) === true) return;
    this.prefetch.start(() => imagesAndLabels(this.mixed(next, position), this.options.classes).images);
  }
}

type MixedInputs = Pick<LabelledBatch, 'images' | 'labels' | 'mix'>;

function sizeOf(images: TrainingImages): ImageSize {
  if (!(images instanceof tf.Tensor)) return images.dataset.size;
  const [, height, width] = images.shape;
  return { height, width };
}
