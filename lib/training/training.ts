import { batchCount } from '../data/loading/batches';
import { disposeBatch, type Batch } from '../data/loading/batch';
import type { Dataset } from '../data/datasets/dataset';
import type { UnreadableImage } from '../data/loading/batchData';
import type { UserError } from '../errors';
import type { Distillation, Method } from '../methods/method';
import { distillationOf } from '../methods/methods';
import type { Model } from '../models/model';
import { disposeModule, parameters, setPrecision, type NamedParameter } from '../models/parameter';
import { Random } from '../tensor/random';
import * as tf from '../tensor/engine/tf';
import { clipScale, globalNorm } from '../tensor/ops/optimizers/globalNorm';
import { WeightAverage } from './step/weightAverage';
import { evaluate, predictions } from './evaluation/evaluate';
import { divergenceError } from './step/divergence';
import type { EpochEvent, StepEvent, TrainingEvent } from './event';
import { BatchFeed } from './inputs/batchFeed';
import { accumulate, type LabelledBatch, type Objective } from './step/gradients';
import { allReduce, shareOf, type Group, type Share } from './step/processGroup';
import { withNext } from './inputs/withNext';
import type { Measures } from './evaluation/measures';
import { Optimizer } from './step/optimizer';
import { start, type Position } from './checkpoint/position';
import type { Recipe } from './recipe/recipe';
import { learningRate } from './recipe/schedule';
import { Shown } from './inputs/studentInputs';
import { createStudent } from './setup/student';
import type { Place, TeacherCache } from './teacher/teacherCache';

/** What a part of the training remembers from step to step, for checkpoints. */
export interface Stateful {
  state(): ReadonlyMap<string, tf.Tensor>;
  /** Takes over a remembered tensor. */
  restore(name: string, tensor: tf.Tensor): void;
}

export interface RunOptions {
  /** Stops the run between two steps. */
  readonly signal?: AbortSignal;
  /** Threads that prepare images ahead; as many as the recipe's augmentation asks for unless told. The images do not depend on it. */
  readonly workers?: number;
  /** Hears once of each image that cannot be read. */
  readonly onUnreadable?: (image: UnreadableImage) => void;
  /** Other processes that do the same run, and with which each batch is shared; the first of them alone evaluates. */
  readonly group?: Group;
  /** False where the teacher must not be asked a batch ahead, as it is without accumulation and by one process; what comes out does not depend on it. */
  readonly ahead?: boolean;
}

export interface Resources {
  readonly train: Dataset;
  readonly test: Dataset;
  /** Frozen; stays the caller's, who also sets what it computes with. */
  readonly teacher?: Model;
  /** The class that the teacher names for each test image, where it has been asked already. */
  readonly taught?: Int32Array;
  /** What the teacher said of the training's batches to earlier runs. */
  readonly teacherCache?: TeacherCache;
  /** A method that is not in the list, such as one written in a notebook. */
  readonly method?: Method;
}

/** A run of a recipe: the student, what trains it, and the loop. */
export class Training {
  readonly student: Model;
  readonly distillation: Distillation;
  readonly optimizer: Optimizer;
  private readonly average?: WeightAverage;
  readonly objective: Objective;
  private current: Position = start;
  /** The class that the teacher names for each test image, once it was asked. */
  private taught?: Int32Array;

  constructor(
    readonly recipe: Recipe,
    private readonly resources: Resources,
  ) {
    const { train, teacher, taught, method } = resources;
    this.taught = taught;
    const random = new Random(recipe.seed);
    this.student = createStudent(recipe, resources, random.fork('student'));
    try {
      this.distillation = distillationOf(
        recipe.method,
        {
          student: this.student,
          teacher,
          examples: train.count,
          labels: train.labels,
          random: random.fork('method'),
        },
        method,
      );
    } catch (error) {
      disposeModule(this.student);
      throw error;
    }
    const { student, distillation } = this;
    for (const module of [student, distillation.modules]) setPrecision(module, recipe.precision ?? 'float32');
    const { labelWeight, labelSmoothing, labelLoss } = recipe;
    const trained = this.state().filter(([, { trainable }]) => trainable);
    this.objective = { student, teacher, distillation, trained, labelWeight, labelSmoothing, labelLoss };
    this.optimizer = new Optimizer(recipe.optimizer, trained, recipe.weightDecay, {
      everything: recipe.decayEverything,
    });
    if (recipe.averageDecay !== undefined) this.average = new WeightAverage(parameters(student), recipe.averageDecay);
  }

  /** Steps of one epoch; a last batch that is not full is left out. */
  get stepsPerEpoch(): number {
    return batchCount(this.resources.train.count, this.recipe.batchSize, true);
  }

  get position(): Position {
    return this.current;
  }

  /** Every parameter and buffer of student and method, by path. */
  state(): NamedParameter[] {
    return [...parameters(this.student, 'student.'), ...parameters(this.distillation.modules, 'method.')];
  }

  /** Goes on from a position; the caller has put the weights and the optimiser's state back. */
  resumeAt(position: Position): void {
    this.current = position;
  }

  /** What optimiser and running average remember, by the name of the part. */
  statefulParts(): Readonly<Record<string, Stateful>> {
    return { optimizer: this.optimizer, ...(this.average && { average: this.average }) };
  }

  /** Does the work while the student has the weights that count: their running average where the recipe keeps one. */
  withResult<T>(work: () => Promise<T>): Promise<T> {
    return this.average ? this.average.during(work) : work();
  }

  /** Trains to the end of the recipe, an event a step and an epoch. Stops between two steps when the signal fires, or when the reader leaves. */
  async *run({ signal, workers, onUnreadable, group, ahead = true }: RunOptions = {}): AsyncGenerator<
    TrainingEvent,
    void
  > {
    const {
      recipe,
      resources: { teacher, teacherCache },
      stepsPerEpoch,
    } = this;
    const share = shareOf(recipe.accumulation, this.distillation, group);
    const finish = (): Promise<EpochEvent> => this.finishEpoch(feed, signal, group === undefined || group.rank === 0);
    const feed = new BatchFeed(recipe, this.resources, workers, onUnreadable);
    const shown = new Shown({
      recipe,
      teacher,
      teacherCache,
      classes: this.student.classes,
      stepsPerEpoch,
      ahead: ahead && recipe.accumulation === 1 && !group,
    });
    try {
      // Stopped before the end of an epoch had been told.
      if (this.current.step === stepsPerEpoch) yield await finish();
      let asked = performance.now();
      for await (const [batch, next] of withNext(feed.training(this.current), shown.looksAhead)) {
        let event: StepEvent;
        try {
          signal?.throwIfAborted();
          event = await this.update(
            batch,
            (micro, place) => shown.show(micro, place, next),
            (performance.now() - asked) / 1000,
            share,
            group,
          );
        } finally {
          disposeBatch(batch);
        }
        yield event;
        // Reads are synchronous: without this pause neither a stop nor a display would get a turn.
        await new Promise(setImmediate);
        if (this.current.step === stepsPerEpoch) yield await finish();
        asked = performance.now();
      }
    } finally {
      shown.dispose();
      await feed.close();
    }
  }

  dispose(): void {
    this.optimizer.dispose();
    this.average?.dispose();
    disposeModule(this.student);
    disposeModule(this.distillation.modules);
  }

  /** One step on a batch for which it waited so many seconds. */
  private async update(
    batch: Batch,
    show: (micro: Batch, place: Place) => LabelledBatch,
    waited: number,
    share: Share,
    group: Group | undefined,
  ): Promise<StepEvent> {
    const { recipe, stepsPerEpoch } = this;
    const started = performance.now();
    const { epoch, step } = this.current;
    const number = epoch * stepsPerEpoch + step + 1;
    const rate = learningRate(recipe.schedule, recipe.learningRate, recipe.epochs, epoch + step / stepsPerEpoch);
    const own = accumulate(
      this.objective,
      batch,
      recipe.accumulation,
      (micro, piece) => show(micro, { epoch, step, piece }),
      share,
    );
    const { parts, gradients, logits } = group
      ? await allReduce(
          group,
          own,
          this.state().filter(([, { trainable }]) => !trainable),
          number,
        )
      : own;
    const diverged = (what: string, value: number): UserError =>
      divergenceError(
        { what, value, epoch: epoch + 1, step: step + 1, learningRate: rate },
        this.objective,
        batch,
        this.resources.train,
      );
    try {
      const [part, value] = Object.entries(parts).find(([, one]) => !Number.isFinite(one)) ?? [];
      if (part !== undefined && value !== undefined) {
        throw diverged(`the loss part "${part}"`, value);
      }
      const norm = recipe.clipNorm === undefined ? 0 : globalNorm(Object.values(gradients));
      if (!Number.isFinite(norm)) throw diverged('the norm of the gradients', norm);
      this.optimizer.update(
        gradients,
        rate,
        number,
        recipe.clipNorm === undefined ? 1 : clipScale(norm, recipe.clipNorm),
      );
      this.average?.update();
    } finally {
      tf.dispose([Object.values(gradients), logits]);
    }
    const sums = Object.fromEntries(
      Object.entries(parts).map(([name, value]) => [name, (this.current.sums[name] ?? 0) + value]),
    );
    const seconds = this.current.seconds + waited + (performance.now() - started) / 1000;
    this.current = { epoch, step: step + 1, sums, seconds, waited: this.current.waited + waited };
    return {
      kind: 'step',
      epoch: epoch + 1,
      step: step + 1,
      steps: stepsPerEpoch,
      loss: total(parts),
      parts,
      learningRate: rate,
    };
  }

  private async finishEpoch(
    feed: BatchFeed,
    signal: AbortSignal | undefined,
    mayEvaluate: boolean,
  ): Promise<EpochEvent> {
    const { recipe, stepsPerEpoch } = this;
    const { sums, seconds, waited } = this.current;
    const epoch = this.current.epoch + 1;
    const teacherCached = (await this.resources.teacherCache?.endEpoch()) ?? false;
    const evaluated = mayEvaluate && (epoch === recipe.epochs || epoch % recipe.evaluateEvery === 0);
    const measures = evaluated ? await this.evaluate(feed, signal) : {};
    const parts = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / stepsPerEpoch]));
    this.current = { ...start, epoch };
    return {
      kind: 'epoch',
      epoch,
      loss: total(parts),
      parts,
      ...measures,
      seconds,
      dataShare: waited / seconds,
      imagesPerSecond: (stepsPerEpoch * recipe.batchSize) / seconds,
      learningRate: learningRate(recipe.schedule, recipe.learningRate, recipe.epochs, epoch - 1 / stepsPerEpoch),
      ...(teacherCached && { teacherCached: true as const }),
      ...(feed.unreadableCount > 0 && { unreadable: feed.unreadableCount }),
    };
  }

  private async evaluate(
    feed: BatchFeed,
    signal: AbortSignal | undefined,
  ): Promise<Measures & { readonly top1Unaveraged?: number }> {
    const {
      student,
      resources: { test, teacher },
    } = this;
    if (teacher) this.taught ??= await predictions(teacher, test, { images: feed.test(), signal });
    const measure = (): Promise<Measures> =>
      evaluate(student, test, { images: feed.test(), taught: this.taught, signal });
    const result = await this.withResult(measure);
    return this.average ? { ...result, top1Unaveraged: (await measure()).top1 } : result;
  }
}

function total(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((sum, value) => sum + value, 0);
}
