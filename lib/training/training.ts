import { disposeBatch, type Batch } from '../data/loading/batch';
import { batchCount } from '../data/loading/batches';
import { type UserError } from '../errors';
import type { Distillation } from '../methods/method';
import { needsTeacher } from '../methods/teacherAccess';
import type { Model } from '../models/model';
import type { OwnNetworks } from '../models/own/network';
import { disposeModule, parameters, setPrecision, type NamedParameter } from '../models/parameter';
import { Random } from '../tensor/random';
import * as tf from '../tensor/engine/tf';
import { afterStep, start, type Position } from './checkpoint/position';
import { RunEvaluation } from './evaluation/runEvaluation';
import { totalLoss, type EpochEvent, type StepEvent, type TrainingEvent } from './event';
import { BatchFeed } from './inputs/batchFeed';
import { StudentInputs } from './inputs/studentInputs';
import { withNext } from './inputs/withNext';
import type { Recipe } from './recipe/recipe';
import { learningRate } from './recipe/schedule';
import type { RunOptions } from './runOptions';
import { createMethod } from './setup/method';
import type { Resources } from './setup/resources';
import { createStudent } from './setup/student';
import { divergenceError } from './step/divergence';
import {
  accumulate,
  trainedParameters,
  type Gradients,
  type MicroBatchRange,
  type Objective,
  type PrepareMicroBatch,
} from './step/gradients';
import { compiledStep } from './step/compiledStep';
import { defaultCompileMode, type CompileMode } from './step/compileMode';
import { eagerStep, type TrainingStep } from './step/trainingStep';
import { Optimizer } from './step/optimizer';
import { allReduce, microBatchesOf, type Group } from './step/processGroup';
import { WeightAverage } from './step/weightAverage';

/** A part of the training with a state that checkpoints store. */
export interface Stateful {
  /** The tensors by name. They remain owned by this object. */
  state(): ReadonlyMap<string, tf.Tensor>;
  /** Sets one tensor of the state, and takes it over. */
  restore(name: string, tensor: tf.Tensor): void;
}

export interface TrainingOptions {
  /**
   * How each step runs. Results are equal up to rounding. Methods that read numbers always run op by op. Default:
   * `defaultCompileMode`.
   */
  readonly compile?: CompileMode;
}

/** A run of a recipe: the student, what trains it, and the loop. */
export class Training {
  readonly student: Model;
  readonly distillation: Distillation;
  readonly optimizer: Optimizer;
  readonly objective: Objective;
  private readonly average?: WeightAverage;
  private readonly evaluation: RunEvaluation;
  private readonly step: TrainingStep;
  private readonly isCompiled: boolean;
  private current: Position = start;

  /** Throws one UserError that lists everything that prevents the run. */
  constructor(
    readonly recipe: Recipe,
    private readonly resources: Resources,
    { compile = defaultCompileMode() }: TrainingOptions = {},
  ) {
    const random = new Random(recipe.seed);
    this.student = createStudent(recipe, resources, random.fork('student'));
    try {
      this.distillation = createMethod(recipe, resources, this.student, random.fork('method'));
    } catch (error) {
      disposeModule(this.student);
      throw error;
    }
    const { student, distillation } = this;
    for (const module of [student, distillation.modules]) setPrecision(module, recipe.precision ?? 'float32');
    const { labelWeight, labelSmoothing, labelLoss } = recipe;
    const trained = trainedParameters(student, distillation);
    const teacher = needsTeacher(distillation) ? resources.teacher : undefined;
    this.objective = { student, teacher, distillation, trained, labelWeight, labelSmoothing, labelLoss };
    this.optimizer = new Optimizer(recipe.optimizer, trained, recipe.weightDecay, {
      everything: recipe.decayEverything,
    });
    if (recipe.averageDecay !== undefined) this.average = new WeightAverage(parameters(student), recipe.averageDecay);
    const { objective, optimizer, average } = this;
    this.evaluation = new RunEvaluation(student, resources, average);
    const stepParts = { objective, state: this.state(), optimizer, average, maxNorm: recipe.clipNorm };
    this.isCompiled = compile !== 'off' && !this.distillation.readsNumbers;
    this.step = this.isCompiled ? compiledStep(stepParts, { xla: compile === 'xla' }) : eagerStep(stepParts);
  }

  /** The networks of the user by which the student can be created again. */
  get networks(): OwnNetworks | undefined {
    return this.resources.networks;
  }

  /** Number of steps of one epoch. An incomplete last batch is left out. */
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

  /** Continues from a position, after the caller has restored the weights and the states of `statefulParts`. */
  resumeAt(position: Position): void {
    this.current = position;
  }

  /** The optimiser and the running average by the names that checkpoints use. */
  statefulParts(): Readonly<Record<string, Stateful>> {
    return { optimizer: this.optimizer, ...(this.average && { average: this.average }) };
  }

  /** Runs a function while the student has its final weights: their running average if the recipe keeps one. */
  withResult<T>(work: () => Promise<T>): Promise<T> {
    return this.evaluation.withResult(work);
  }

  /**
   * Trains to the end of the recipe. Yields an event after each step and each epoch. Stops between two steps when the
   * signal fires, or when the consumer leaves the loop.
   */
  async *run(options: RunOptions = {}): AsyncGenerator<TrainingEvent, void> {
    const { signal, group } = options;
    const { recipe, resources, stepsPerEpoch } = this;
    const microBatches = microBatchesOf(recipe.accumulation, this.distillation, group);
    const feed = new BatchFeed(recipe, resources, options.workers, options.onUnreadable);
    const inputs = this.studentInputs(options);
    const finishEpoch = (): Promise<EpochEvent> =>
      this.finishEpoch(feed, signal, group === undefined || group.rank === 0);
    try {
      // A checkpoint can be from after the last step of an epoch and before its evaluation.
      if (this.current.step === stepsPerEpoch) yield await finishEpoch();
      let requested = performance.now();
      for await (const [batch, next] of withNext(feed.training(this.current), inputs.needsNext)) {
        const started = performance.now();
        const { epoch, step } = this.current;
        const prepare: PrepareMicroBatch = (microBatch, microBatchIndex) =>
          inputs.prepare(microBatch, { epoch, step, microBatchIndex }, next);
        let update: Update;
        try {
          signal?.throwIfAborted();
          update = await this.update(batch, prepare, microBatches, group);
        } finally {
          disposeBatch(batch);
        }
        yield this.finishStep(update, { requested, started });
        // Reading tensors blocks the thread. This pause lets signals and displays run.
        await new Promise(setImmediate);
        if (this.current.step === stepsPerEpoch) yield await finishEpoch();
        requested = performance.now();
      }
    } finally {
      inputs.dispose();
      await feed.close();
    }
  }

  dispose(): void {
    this.step.dispose();
    this.optimizer.dispose();
    this.average?.dispose();
    disposeModule(this.student);
    disposeModule(this.distillation.modules);
  }

  /** One training step: forward pass and losses, their gradients, clipping, and the optimiser's update. */
  private async update(
    batch: Batch,
    prepare: PrepareMicroBatch,
    microBatches: MicroBatchRange,
    group: Group | undefined,
  ): Promise<Update> {
    const { recipe } = this;
    const number = this.current.epoch * this.stepsPerEpoch + this.current.step + 1;
    const rate = this.learningRate();
    const own = accumulate(this.step.differentiate, batch, recipe.accumulation, prepare, microBatches);
    const { parts, gradients, logits } = group ? await allReduce(group, own, this.buffers(), number) : own;
    let norm: tf.Scalar | undefined;
    try {
      this.checkFinite(parts, batch);
      norm = this.checkedNorm(gradients, batch);
      this.step.update(gradients, norm, rate, number);
      return { parts, learningRate: rate };
    } finally {
      tf.dispose([Object.values(gradients), logits, ...(norm ? [norm] : [])]);
    }
  }

  /** The norm of the gradients if the recipe clips them. */
  private checkedNorm(gradients: Gradients['gradients'], batch: Batch): tf.Scalar | undefined {
    if (this.recipe.clipNorm === undefined) return undefined;
    const norm = this.step.norm(gradients);
    const value = norm.dataSync()[0]!;
    if (Number.isFinite(value)) return norm;
    norm.dispose();
    throw this.divergence('the norm of the gradients', value, batch);
  }

  private checkFinite(parts: Gradients['parts'], batch: Batch): void {
    const invalid = Object.entries(parts).find(([, value]) => !Number.isFinite(value));
    if (invalid) throw this.divergence(`the loss part "${invalid[0]}"`, invalid[1], batch);
  }

  private divergence(what: string, value: number, batch: Batch): UserError {
    const { epoch, step } = this.current;
    const learningRate = this.learningRate();
    return divergenceError(
      { what, value, epoch: epoch + 1, step: step + 1, learningRate },
      this.objective,
      batch,
      this.resources.train,
    );
  }

  /** Learning rate of the next step. */
  private learningRate(): number {
    const { schedule, learningRate: peak, epochs } = this.recipe;
    return learningRate(schedule, peak, epochs, this.current.epoch + this.current.step / this.stepsPerEpoch);
  }

  private buffers(): NamedParameter[] {
    return this.state().filter(([, { trainable }]) => !trainable);
  }

  private studentInputs({ group, prefetchTeacher = true }: RunOptions): StudentInputs {
    const { recipe, resources, objective, stepsPerEpoch } = this;
    const { readsTeacher } = this.distillation;
    const prefetch =
      prefetchTeacher && !this.isCompiled && readsTeacher !== 'stages' && recipe.accumulation === 1 && !group;
    const { teacher } = objective;
    const { teacherCache } = resources;
    return new StudentInputs({ recipe, teacher, teacherCache, classes: this.student.classes, stepsPerEpoch, prefetch });
  }

  /** Moves the position past a step, and returns the step's event. Times are those of `performance.now()`. */
  private finishStep(
    { parts, learningRate: rate }: Update,
    { requested, started }: { readonly requested: number; readonly started: number },
  ): StepEvent {
    const { epoch, step } = this.current;
    const seconds = (performance.now() - requested) / 1000;
    this.current = afterStep(this.current, { parts, seconds, waited: (started - requested) / 1000 });
    const { stepsPerEpoch: steps } = this;
    return { kind: 'step', epoch: epoch + 1, step: step + 1, steps, loss: totalLoss(parts), parts, learningRate: rate };
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
    const evaluates = mayEvaluate && (epoch === recipe.epochs || epoch % recipe.evaluateEvery === 0);
    const measures = evaluates ? await this.evaluation.measures(() => feed.test(), signal) : {};
    const parts = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / stepsPerEpoch]));
    this.current = { ...start, epoch };
    return {
      kind: 'epoch',
      epoch,
      loss: totalLoss(parts),
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
}

interface Update {
  /** Every weighted part of the loss, before the update. */
  readonly parts: Gradients['parts'];
  readonly learningRate: number;
}
