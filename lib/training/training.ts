import { disposeBatch, type Batch, type TrainingImages } from '../data/loading/batch';
import { batchCount } from '../data/loading/batches';
import type { Distillation } from '../methods/method';
import { needsTeacher } from '../methods/teacherAccess';
import type { Model } from '../models/model';
import type { OwnNetworks } from '../models/own/network';
import { disposeModule, parameters, setPrecision, type NamedParameter } from '../models/parameter';
import { backendInfo } from '../tensor/engine/backendInfo';
import { isNative } from '../tensor/engine/native';
import { defaultCompileMode, type CompileMode } from '../tensor/engine/compileMode';
import { Random } from '../tensor/random';
import * as tf from '../tensor/engine/tf';
import { afterStep, start, withParts, type Position } from './checkpoint/position';
import { RunEvaluation } from './evaluation/runEvaluation';
import { totalLoss, type EpochEvent, type StepEvent, type TrainingEvent } from './event';
import { BatchFeed } from './inputs/batchFeed';
import { StudentInputs } from './inputs/studentInputs';
import { productPrecision, type Recipe } from './recipe/recipe';
import { learningRate } from './recipe/schedule';
import type { RunOptions } from './runOptions';
import { createMethod } from './setup/method';
import type { Resources } from './setup/resources';
import { createStudent } from './setup/student';
import { checkFinite, divergenceCause, type StepPosition } from './step/divergence';
import {
  accumulate,
  labelledMicroBatches,
  trainedParameters,
  type Gradients,
  type MicroBatchRange,
  type Objective,
  type PrepareMicroBatch,
} from './step/gradients';
import { compiledStep } from './step/compiledStep';
import type { LabelledBatch } from './step/labelledBatch';
import { explainOutOfMemory } from './step/outOfMemory';
import { stepInTf32 } from './step/stepInTf32';
import { eagerStep, type StepNumbers, type TrainingStep } from './step/trainingStep';
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
   * How each step runs. Methods that read numbers always run op by op. Default: `defaultCompileMode`; on a CPU,
   * networks and methods of the user run op by op, because they may do something else at each step.
   */
  readonly compile?: CompileMode;
  /**
   * After how many steps the numbers of compiled steps are read. Until then, steps need not wait for the device, and
   * events come later. Default: 10 on a GPU, otherwise 1.
   */
  readonly readEvery?: number;
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
  private readonly readEvery: number;
  private current: Position = start;
  /** Steps whose numbers are not read yet. */
  private readonly unread: UnreadStep[] = [];
  /** Events of steps whose numbers are read. */
  private readonly events: StepEvent[] = [];

  /** Throws one UserError that lists everything that prevents the run. */
  constructor(
    readonly recipe: Recipe,
    private readonly resources: Resources,
    { compile = defaultMode(resources), readEvery = defaultReadEvery() }: TrainingOptions = {},
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
    for (const module of [student, distillation.modules]) setPrecision(module, productPrecision(recipe));
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
    const { clipNorm: maxNorm, accumulation } = recipe;
    const stepParts = { objective, state: this.state(), optimizer, average, maxNorm, accumulation };
    this.isCompiled = compile !== 'off' && !this.distillation.readsNumbers;
    const step = this.isCompiled ? compiledStep(stepParts, { xla: compile === 'xla' }) : eagerStep(stepParts);
    this.step = recipe.precision === 'tf32' ? stepInTf32(step) : step;
    this.readEvery = readEvery;
  }

  /** The networks of the user by which the student can be created again. */
  get networks(): OwnNetworks | undefined {
    return this.resources.networks;
  }

  /** Number of steps of one epoch. An incomplete last batch is left out. */
  get stepsPerEpoch(): number {
    return batchCount(this.resources.train.count, this.recipe.batchSize, true);
  }

  /** Includes the loss parts of all steps. Throws a UserError if one of them is not finite. */
  get position(): Position {
    this.readSteps();
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
    const feed = new BatchFeed(recipe, resources, { ...options, augmentOnDevice: this.isCompiled && isNative() });
    const inputs = this.studentInputs();
    const finishEpoch = (): Promise<EpochEvent> =>
      this.finishEpoch(feed, signal, group === undefined || group.rank === 0);
    try {
      // A checkpoint can be from after the last step of an epoch and before its evaluation.
      if (this.current.step === stepsPerEpoch) yield await finishEpoch();
      let requested = performance.now();
      for await (const batch of feed.training(this.current)) {
        const started = performance.now();
        const { epoch, step } = this.current;
        const prepare: PrepareMicroBatch = (microBatch, microBatchIndex) =>
          inputs.prepare(microBatch, { epoch, step, microBatchIndex });
        try {
          signal?.throwIfAborted();
          this.unread.push({ ...(await this.update(batch, prepare, microBatches, group)), epoch, step });
        } finally {
          disposeBatch(batch);
        }
        this.finishStep({ requested, started });
        while (this.events.length > 0) yield this.events.shift()!;
        // Reading tensors blocks the thread. This pause lets signals and displays run.
        await new Promise(setImmediate);
        if (this.current.step === stepsPerEpoch) yield await finishEpoch();
        requested = performance.now();
      }
    } finally {
      await feed.close();
    }
  }

  dispose(): void {
    this.step.dispose();
    this.evaluation.dispose();
    this.optimizer.dispose();
    this.average?.dispose();
    disposeModule(this.student);
    disposeModule(this.distillation.modules);
  }

  /** One training step: forward pass and losses, their gradients, clipping, and the optimiser's update. */
  private async update(
    batch: Batch<TrainingImages>,
    prepare: PrepareMicroBatch,
    microBatches: MicroBatchRange,
    group: Group | undefined,
  ): Promise<Update> {
    const { recipe } = this;
    const number = this.current.epoch * this.stepsPerEpoch + this.current.step + 1;
    const rate = this.learningRate();
    if (this.step.whole && this.readEvery > 1 && !group) {
      const labelled = labelledMicroBatches(batch, recipe.accumulation, prepare);
      try {
        return { learningRate: rate, ...this.step.whole(labelled, rate, number) };
      } catch (error) {
        throw explainOutOfMemory(error, recipe.batchSize / recipe.accumulation);
      }
    }
    const differentiate = (microBatch: LabelledBatch): Gradients => this.step.differentiate(microBatch);
    const own = accumulate(differentiate, batch, recipe.accumulation, prepare, microBatches);
    const { parts, gradients, logits } = group ? await allReduce(group, own, this.buffers(), number) : own;
    let norm: tf.Scalar | undefined;
    try {
      const at = { ...this.current, learningRate: rate };
      const cause = (): string | undefined => divergenceCause(this.objective, batch, this.resources.train);
      norm = recipe.clipNorm === undefined ? undefined : this.step.norm(gradients);
      checkFinite({ parts, norm: norm?.dataSync()[0] }, at, cause);
      this.step.update(gradients, norm, rate, number);
      return { read: () => ({ parts, norm: undefined }), learningRate: rate };
    } finally {
      tf.dispose([Object.values(gradients), logits, ...(norm ? [norm] : [])]);
    }
  }

  /** Learning rate of the next step. */
  private learningRate(): number {
    const { schedule, learningRate: peak, epochs } = this.recipe;
    return learningRate(schedule, peak, epochs, this.current.epoch + this.current.step / this.stepsPerEpoch);
  }

  private buffers(): NamedParameter[] {
    return this.state().filter(([, { trainable }]) => !trainable);
  }

  private studentInputs(): StudentInputs {
    const { recipe, resources, objective, stepsPerEpoch } = this;
    const { teacher } = objective;
    const { teacherCache } = resources;
    return new StudentInputs({
      recipe,
      teacher,
      teacherCache,
      classes: this.student.classes,
      stepsPerEpoch,
      mixInStep: this.isCompiled,
    });
  }

  /** Moves the position past a step, and reads numbers if it is time. Times are those of `performance.now()`. */
  private finishStep({ requested, started }: { readonly requested: number; readonly started: number }): void {
    const isLast = this.current.step + 1 === this.stepsPerEpoch;
    if (isLast || this.unread.length >= this.readEvery) this.readSteps();
    const seconds = (performance.now() - requested) / 1000;
    this.current = afterStep(this.current, { seconds, waited: (started - requested) / 1000 });
  }

  /** Reads the numbers of all steps so far, and makes their events. */
  private readSteps(): void {
    for (const { read, learningRate: rate, epoch, step } of this.unread.splice(0)) {
      const { parts, norm } = read();
      checkFinite({ parts, norm }, { epoch, step, learningRate: rate });
      this.current = withParts(this.current, parts);
      this.events.push({
        kind: 'step',
        epoch: epoch + 1,
        step: step + 1,
        steps: this.stepsPerEpoch,
        loss: totalLoss(parts),
        parts,
        learningRate: rate,
      });
    }
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

/** A step that was made, or is being computed. */
interface Update extends StepNumbers {
  readonly learningRate: number;
}

type UnreadStep = Update & StepPosition;

function defaultMode({ networks, method }: Resources): CompileMode {
  return defaultCompileMode({ isOwn: networks !== undefined || method !== undefined });
}

function defaultReadEvery(): number {
  return backendInfo().device === 'GPU' ? 10 : 1;
}
