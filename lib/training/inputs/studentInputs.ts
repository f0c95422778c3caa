import type { Batch } from '../../data/loading/batch';
import { mixBatch } from '../../data/transforms/mix';
import type { TeacherOutput } from '../../methods/teacherAccess';
import type { Model } from '../../models/model';
import { Random } from '../../tensor/random';
import type * as tf from '../../tensor/engine/tf';
import type { LabelledBatch } from '../step/gradients';
import type { Recipe } from '../recipe/recipe';
import { TeacherAhead } from '../teacher/teacherPrefetch';
import type { Place, TeacherCache } from '../teacher/teacherCache';

export interface ShownOptions {
  readonly recipe: Recipe;
  readonly teacher?: Model;
  readonly teacherCache?: TeacherCache;
  readonly classes: number;
  readonly stepsPerEpoch: number;
  /** Whether the teacher is asked a batch ahead. */
  readonly ahead: boolean;
}

/** What the student sees of each batch: images mixed and blocks dropped as the recipe says, and what the teacher says of them. */
export class Shown {
  private readonly ahead?: TeacherAhead;

  constructor(private readonly options: ShownOptions) {
    if (options.ahead && options.teacher) this.ahead = new TeacherAhead(options.teacher);
  }

  /** Whether a batch is shown together with the next one. */
  get looksAhead(): boolean {
    return this.ahead !== undefined;
  }

  /** Labels stay classes where nothing is mixed. The teacher, once it is asked, is then asked about the next batch of the epoch. */
  show(micro: Batch, place: Place, next: Batch | undefined): LabelledBatch {
    const {
      recipe: { dropPath: rate = 0 },
      teacher,
      teacherCache,
    } = this.options;
    const { images, labels } = this.mixed(micro, place);
    return {
      images,
      labels,
      indices: micro.indices,
      ...(rate > 0 && { dropPath: { rate, random: this.stream('drop', place) } }),
      ...(teacher && (teacherCache ?? this.ahead) && { teacherOutput: () => this.ask(teacher, images, place, next) }),
    };
  }

  dispose(): void {
    this.ahead?.dispose();
  }

  private mixed(micro: Batch, place: Place): Pick<LabelledBatch, 'images' | 'labels'> {
    const {
      recipe: { mixing },
      classes,
    } = this.options;
    if (!mixing) return { images: micro.images, labels: micro.labels };
    const { mixup = 0, cutmix = 0 } = mixing;
    const mixed = mixBatch(micro, classes, this.stream('mix', place), { mixup, cutmix, labelSmoothing: 0 });
    return { images: mixed.images, labels: mixed.targets };
  }

  private stream(name: string, { epoch, step, piece }: Place): Random {
    return new Random(this.options.recipe.seed)
      .fork(name)
      .fork(epoch * this.options.stepsPerEpoch + step + 1)
      .fork(piece);
  }

  private ask(teacher: Model, images: tf.Tensor4D, place: Place, next: Batch | undefined): TeacherOutput {
    const {
      options: { teacherCache, stepsPerEpoch },
      ahead,
    } = this;
    const answer = (): TeacherOutput => ahead?.output(images) ?? teacher.forward(images, { mode: 'eval' });
    const output = teacherCache ? teacherCache.output(place, answer) : answer();
    const coming = { ...place, step: place.step + 1 };
    if (ahead && next && coming.step < stepsPerEpoch && teacherCache?.knows(coming) !== true)
      ahead.begin(() => this.mixed(next, coming).images);
    return output;
  }
}
