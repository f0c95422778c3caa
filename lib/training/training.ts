import { cropAndFlip } from '../data/augment';
import { batches, disposeBatch, type Batch } from '../data/batches';
import type { ImageSet } from '../data/imageSet';
import { UserError } from '../errors';
import type { Distillation, Method } from '../methods/method';
import { createDistillation } from '../methods/methods';
import type { Model } from '../models/model';
import { disposeModule, parameters, type Named } from '../models/parameter';
import { Random } from '../tensor/random';
import * as tf from '../tensor/tf';
import { evaluate } from './evaluate';
import { accumulate, type Objective } from './gradients';
import { globalNorm, Optimizer } from './optimizer';
import type { Recipe } from './recipe';
import { learningRate } from './schedule';
import { createStudent } from './student';

/** One update, as it happened. */
export interface StepEvent {
  readonly kind: 'step';
  /** Epoch and step within it, counted from 1, and the number of steps of an epoch. */
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Every part of the loss by name, weighted. */
  readonly parts: Readonly<Record<string, number>>;
  readonly learningRate: number;
}

/** One epoch: means over its steps, and the accuracy after it where it was evaluated. */
export interface EpochEvent {
  readonly kind: 'epoch';
  readonly epoch: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly top1?: number;
  readonly top5?: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  readonly seconds: number;
}

export type TrainingEvent = StepEvent | EpochEvent;

/** Where a run stands between two steps, as plain numbers. */
export interface Position {
  /** Epochs finished, and steps of the next one. */
  readonly epoch: number;
  readonly step: number;
  /** Sums of the loss parts over the steps of the unfinished epoch, and its seconds so far. */
  readonly sums: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface Resources {
  readonly train: ImageSet;
  readonly test: ImageSet;
  /** Frozen; stays the caller's. */
  readonly teacher?: Model;
  /** A method that is not in the list, such as one written in a notebook. */
  readonly method?: Method;
}

/** A run of a recipe: the student, what trains it, and the loop. */
export class Training {
  readonly student: Model;
  readonly distillation: Distillation;
  readonly optimizer: Optimizer;
  private readonly objective: Objective;
  private current: Position = { epoch: 0, step: 0, sums: {}, seconds: 0 };

  constructor(readonly recipe: Recipe, private readonly resources: Resources) {
    const { train, teacher, method } = resources;
    const random = new Random(recipe.seed);
    this.student = createStudent(recipe, resources, random.fork('student'));
    try {
      this.distillation = createDistillation(recipe.method, {
        student: this.student, teacher, examples: train.count, labels: train.labels, random: random.fork('method'),
      }, method);
    } catch (error) {
      disposeModule(this.student);
      throw error;
    }
    const { student, distillation } = this;
    const { labelWeight, labelSmoothing } = recipe;
    const trained = this.state().filter(([, { trainable }]) => trainable);
    this.objective = { student, teacher, distillation, trained, labelWeight, labelSmoothing };
    this.optimizer = new Optimizer(recipe.optimizer, trained, recipe.weightDecay);
  }

  /** Steps of one epoch; a last batch that is not full is left out. */
  get stepsPerEpoch(): number {
    return Math.floor(this.resources.train.count / this.recipe.batchSize);
  }

  get position(): Position {
    return this.current;
  }

  /** Every parameter and buffer of student and method, by path. */
  state(): Named[] {
    return [...parameters(this.student, 'student.'), ...parameters(this.distillation.modules, 'method.')];
  }

  /** Goes on from a position; the caller has put the weights and the optimiser's state back. */
  resumeAt(position: Position): void {
    this.current = position;
  }

  /** Trains to the end of the recipe, an event a step and an epoch. Stops between two steps when the signal fires, or when the reader leaves. */
  async *run({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<TrainingEvent, void> {
    const { recipe, stepsPerEpoch } = this;
    while (this.current.epoch < recipe.epochs) {
      const epoch = this.current.epoch + 1;
      const random = new Random(recipe.seed).fork('data').fork(epoch);
      for (const batch of batches(this.resources.train, {
        batchSize: recipe.batchSize, random, dropLast: true, start: this.current.step,
        ...(recipe.augmentation === 'crop-flip' ? { transform: cropAndFlip } : {}),
      })) {
        if (signal?.aborted) disposeBatch(batch);
        signal?.throwIfAborted();
        yield this.update(batch);
        // Reads are synchronous: without this pause neither a stop nor a display would get a turn.
        await new Promise(setImmediate);
      }
      yield await this.finishEpoch(stepsPerEpoch * recipe.batchSize, signal);
    }
  }

  dispose(): void {
    this.optimizer.dispose();
    disposeModule(this.student);
    disposeModule(this.distillation.modules);
  }

  private update(batch: Batch): StepEvent {
    const { recipe, stepsPerEpoch } = this;
    const started = performance.now();
    const { epoch, step } = this.current;
    const number = epoch * stepsPerEpoch + step + 1;
    const rate = learningRate(recipe.schedule, recipe.learningRate, recipe.epochs, epoch + step / stepsPerEpoch);
    const { parts, gradients, logits } = accumulate(this.objective, batch, recipe.accumulation);
    try {
      for (const [name, value] of Object.entries(parts)) {
        if (!Number.isFinite(value)) {
          throw new UserError(`Training diverged: the loss part "${name}" is ${value} at epoch ${epoch + 1}, step ${step + 1} (learning rate ${rate.toPrecision(3)}). `
            + 'The weights of the last checkpoint are kept. Try a lower learning rate, clipNorm, or a smaller weight for that part.');
        }
      }
      const norm = recipe.clipNorm === undefined ? 0 : globalNorm(Object.values(gradients));
      const clip = recipe.clipNorm !== undefined && norm > recipe.clipNorm ? recipe.clipNorm / (norm + 1e-6) : 1;
      this.optimizer.update(gradients, rate, number, clip);
    } finally {
      tf.dispose([Object.values(gradients), logits]);
      disposeBatch(batch);
    }
    const sums = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, (this.current.sums[name] ?? 0) + value]));
    this.current = { epoch, step: step + 1, sums, seconds: this.current.seconds + (performance.now() - started) / 1000 };
    return { kind: 'step', epoch: epoch + 1, step: step + 1, steps: stepsPerEpoch, loss: total(parts), parts, learningRate: rate };
  }

  private async finishEpoch(images: number, signal: AbortSignal | undefined): Promise<EpochEvent> {
    const { recipe, stepsPerEpoch } = this;
    const { sums, seconds } = this.current;
    const epoch = this.current.epoch + 1;
    const evaluated = epoch === recipe.epochs || epoch % recipe.evaluateEvery === 0;
    const accuracy = evaluated ? await evaluate(this.student, this.resources.test, { signal }) : {};
    const parts = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / stepsPerEpoch]));
    this.current = { epoch, step: 0, sums: {}, seconds: 0 };
    return {
      kind: 'epoch', epoch, loss: total(parts), parts, ...accuracy, seconds, imagesPerSecond: images / seconds,
      learningRate: learningRate(recipe.schedule, recipe.learningRate, recipe.epochs, epoch - 1 / stepsPerEpoch),
    };
  }
}

function total(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((sum, value) => sum + value, 0);
}
