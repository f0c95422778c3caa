import type { Batch, TrainingImages } from '../../data/loading/batch';
import { drawMix, mixBatch, planTensor } from '../../data/transforms/mix';
import type { ImageSize } from '../../data/image';
import type { Model } from '../../models/model';
import { Random } from '../../tensor/random';
import * as tf from '../../tensor/engine/tf';
import type { Recipe } from '../recipe/recipe';
import { imagesAndLabels, type LabelledBatch } from '../step/labelledBatch';
import type { MicroBatchPosition, TeacherCache } from '../teacher/teacherCache';

export interface StudentInputsOptions {
  readonly recipe: Recipe;
  /** Missing if the method does not read a teacher. */
  readonly teacher?: Model | undefined;
  readonly teacherCache?: TeacherCache | undefined;
  readonly classes: number;
  readonly stepsPerEpoch: number;
  /** Whether the step mixes images and labels, as a compiled step does. Otherwise they are mixed here. */
  readonly mixInStep: boolean;
}

/** Makes of each micro-batch what a step receives: mixed images, random numbers, and the teacher's output. */
export class StudentInputs {
  constructor(private readonly options: StudentInputsOptions) {}

  /** Prepares one micro-batch. Labels stay class indices unless the recipe mixes images. */
  prepare(microBatch: Batch<TrainingImages>, position: MicroBatchPosition): LabelledBatch {
    const { recipe, teacher, teacherCache, classes } = this.options;
    const mixed = this.mixed(microBatch, position);
    return {
      ...mixed,
      indices: microBatch.indices,
      dropPath: recipe.dropPath,
      random: this.randomOf('draw', position),
      ...(teacher &&
        teacherCache && {
          teacherOutput: () =>
            teacherCache.output(position, () =>
              teacher.forward(imagesAndLabels(mixed, classes).images, { mode: 'eval' }),
            ),
        }),
    };
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
}

type MixedInputs = Pick<LabelledBatch, 'images' | 'labels' | 'mix'>;

function sizeOf(images: TrainingImages): ImageSize {
  if (!(images instanceof tf.Tensor)) return images.dataset.size;
  const [, height, width] = images.shape;
  return { height, width };
}
