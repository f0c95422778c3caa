import type { Batch } from '../../data/loading/batch';
import { mixBatch } from '../../data/transforms/mix';
import type { TeacherOutput } from '../../methods/teacherAccess';
import type { Model } from '../../models/model';
import { Random } from '../../tensor/random';
import type * as tf from '../../tensor/engine/tf';
import type { Recipe } from '../recipe/recipe';
import type { LabelledBatch } from '../step/gradients';
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
}

/** Makes of each micro-batch what the student receives: mixed images, random numbers, and the teacher's output. */
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
  prepare(microBatch: Batch, position: MicroBatchPosition, next: Batch | undefined): LabelledBatch {
    const { recipe, teacher, teacherCache } = this.options;
    const { images, labels } = this.mixed(microBatch, position);
    return {
      images,
      labels,
      indices: microBatch.indices,
      dropPath: recipe.dropPath,
      random: this.randomOf('draw', position),
      ...(teacher &&
        (teacherCache ?? this.prefetch) && {
          teacherOutput: () => this.teacherOutput(teacher, images, position, next),
        }),
    };
  }

  dispose(): void {
    this.prefetch?.dispose();
  }

  private mixed(microBatch: Batch, position: MicroBatchPosition): Pick<LabelledBatch, 'images' | 'labels'> {
    const { recipe, classes } = this.options;
    if (!recipe.mixing) return { images: microBatch.images, labels: microBatch.labels };
    const { mixup = 0, cutmix = 0 } = recipe.mixing;
    const random = this.randomOf('mix', position);
    const mixed = mixBatch(microBatch, classes, random, { mixup, cutmix, labelSmoothing: 0 });
    return { images: mixed.images, labels: mixed.targets };
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
    images: tf.Tensor4D,
    position: MicroBatchPosition,
    next: Batch | undefined,
  ): TeacherOutput {
    const { teacherCache } = this.options;
    const compute = (): TeacherOutput => this.prefetch?.output(images) ?? teacher.forward(images, { mode: 'eval' });
    const output = teacherCache ? teacherCache.output(position, compute) : compute();
    this.startNext(position, next);
    return output;
  }

  private startNext({ epoch, step, microBatchIndex }: MicroBatchPosition, next: Batch | undefined): void {
    const { teacherCache, stepsPerEpoch } = this.options;
    const position = { epoch, step: step + 1, microBatchIndex };
    if (!this.prefetch || !next || position.step === stepsPerEpoch || teacherCache?.has(position) === true) return;
    this.prefetch.start(() => this.mixed(next, position).images);
  }
}
