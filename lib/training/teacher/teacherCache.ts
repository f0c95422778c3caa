import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { batchCount } from '../../data/loading/batches';
import { UserError } from '../../errors';
import { readSafetensors, writeSafetensors } from '../../io/safetensors/safetensors';
import type { TeacherOutput } from '../../methods/teacherAccess';
import type { Model } from '../../models/model';
import * as tf from '../../tensor/engine/tf';
import type { Recipe } from '../recipe/recipe';

/** Position of a micro-batch in a run; each number is counted from 0. */
export interface MicroBatchPosition {
  readonly epoch: number;
  readonly step: number;
  readonly microBatchIndex: number;
}

/** The teacher's outputs on one epoch's images, in the order of training. */
interface Epoch {
  readonly number: number;
  /** [images, classes] */
  readonly logits: Float32Array;
  /** [images, width] */
  readonly pooled: Float32Array;
  /** Whether they were read from a file. */
  readonly stored: boolean;
  /** The first so many images have outputs. */
  count: number;
}

/**
 * Caches a teacher's logits and pooled features on every batch of a run, one file per epoch. Other runs with the same
 * batches (another student, another method) read them instead of running the teacher. Stages are not kept, because they
 * are too large: methods that read them cannot use the cache.
 */
export class TeacherCache {
  private current?: Epoch;
  private readonly imagesPerEpoch: number;
  private readonly microBatchSize: number;

  /** The caller chooses one folder for each combination of teacher and sequence of batches. */
  constructor(
    readonly folder: string,
    private readonly teacher: Model,
    private readonly recipe: Pick<Recipe, 'batchSize' | 'accumulation'>,
    trainImages: number,
    private readonly onError: (text: string) => void = () => undefined,
  ) {
    this.imagesPerEpoch = batchCount(trainImages, recipe.batchSize, true) * recipe.batchSize;
    this.microBatchSize = recipe.batchSize / recipe.accumulation;
  }

  /** Size of the cache on disk for this number of epochs. */
  bytes(epochs: number): number {
    return 4 * epochs * this.imagesPerEpoch * (this.teacher.classes + this.teacher.width);
  }

  /**
   * Returns the teacher's output on a micro-batch: from the cache (a hit), or from `compute` (a miss), which the cache
   * then stores. Both have the same bits. The caller tidies.
   */
  output(position: MicroBatchPosition, compute: () => TeacherOutput): TeacherOutput {
    const { epoch } = position;
    if (this.current?.number !== epoch) this.current = this.readEpoch(epoch) ?? this.emptyEpoch(epoch);
    return this.has(position) ? this.stored(this.current, position) : this.store(this.current, position, compute());
  }

  /**
   * Writes the epoch that has ended to a file, if every image has an output and the file is missing. Resolves to
   * whether the outputs came from a file. If the file cannot be written, `onError` receives the reason, and the run
   * continues.
   */
  async endEpoch(): Promise<boolean> {
    const { current, imagesPerEpoch, teacher } = this;
    delete this.current;
    if (current?.count !== imagesPerEpoch || current.stored) return current?.stored ?? false;
    try {
      await writeSafetensors(
        this.file(current.number),
        new Map([
          ['logits', { shape: [imagesPerEpoch, teacher.classes], data: current.logits }],
          ['pooled', { shape: [imagesPerEpoch, teacher.width], data: current.pooled }],
        ]),
        { metadata: { sha256: digest(current) } },
      );
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.onError(`The teacher's outputs are not cached: ${error.message}`);
    }
    return false;
  }

  /** Whether the epoch that is being read has an output for every image. */
  private has({ epoch }: MicroBatchPosition): boolean {
    return this.current?.number === epoch && this.current.count === this.imagesPerEpoch;
  }

  private stored({ logits, pooled }: Epoch, position: MicroBatchPosition): TeacherOutput {
    const { microBatchSize, teacher } = this;
    const rows = (values: Float32Array, width: number): tf.Tensor2D => {
      const start = this.firstImage(position) * width;
      return tf.tensor2d(values.subarray(start, start + microBatchSize * width), [microBatchSize, width]);
    };
    return { logits: rows(logits, teacher.classes), pooled: rows(pooled, teacher.width) };
  }

  private store(epoch: Epoch, position: MicroBatchPosition, output: TeacherOutput): TeacherOutput {
    const first = this.firstImage(position);
    epoch.logits.set(output.logits.dataSync(), first * this.teacher.classes);
    epoch.pooled.set(output.pooled.dataSync(), first * this.teacher.width);
    // Micro-batches come in order. One that is computed again, after an error, is counted already.
    if (epoch.count === first) epoch.count += this.microBatchSize;
    return output;
  }

  private firstImage({ step, microBatchIndex }: MicroBatchPosition): number {
    return step * this.recipe.batchSize + microBatchIndex * this.microBatchSize;
  }

  private emptyEpoch(number: number): Epoch {
    return {
      number,
      logits: new Float32Array(this.imagesPerEpoch * this.teacher.classes),
      pooled: new Float32Array(this.imagesPerEpoch * this.teacher.width),
      stored: false,
      count: 0,
    };
  }

  /**
   * Reads the outputs of an earlier run; undefined if the file is missing. A damaged file, and one of another epoch, is
   * reported, and replaced at the end of the epoch.
   */
  private readEpoch(number: number): Epoch | undefined {
    const file = this.file(number);
    if (!existsSync(file)) return undefined;
    try {
      const { tensors, metadata } = readSafetensors(file);
      const [logits, pooled] = [tensors.get('logits')?.data, tensors.get('pooled')?.data];
      if (logits && pooled && digest({ number, logits, pooled }) === metadata.get('sha256')) {
        return { number, logits, pooled, stored: true, count: this.imagesPerEpoch };
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
    this.onError(
      `${file} is damaged, or holds another epoch: the teacher's outputs are computed again, and replace it.`,
    );
    return undefined;
  }

  private file(epoch: number): string {
    return path.join(this.folder, `epoch-${epoch + 1}.safetensors`);
  }
}

function digest({ number, logits, pooled }: Pick<Epoch, 'number' | 'logits' | 'pooled'>): string {
  const hash = createHash('sha256').update(`epoch ${number + 1}, ${logits.length} logits`);
  for (const { buffer, byteOffset, byteLength } of [logits, pooled]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
