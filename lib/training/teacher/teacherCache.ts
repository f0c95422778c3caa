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

/** A micro-batch of a run: epoch, step and piece, each counted from 0. */
export interface Place {
  readonly epoch: number;
  readonly step: number;
  readonly piece: number;
}

/** What a teacher says of an epoch's images in the order in which they are shown. */
interface Epoch {
  readonly number: number;
  /** [images, classes] and [images, width], row by row. */
  readonly logits: Float32Array;
  readonly pooled: Float32Array;
  /** Whether a file holds it. */
  readonly kept: boolean;
  /** Of how many images it is known. */
  known: number;
}

/**
 * What a teacher says of every batch of a run, an epoch a file, so that other runs which show it the same batches (to another
 * student, by another method) need not ask it again: logits and penultimate features. Those of its stages are too many to keep: it
 * does not serve a method that reads them.
 */
export class TeacherCache {
  private current?: Epoch;
  /** Images of an epoch. */
  private readonly images: number;
  private readonly micro: number;

  /** The folder is for one teacher and one sequence of batches: whoever names it answers for that. */
  constructor(
    readonly folder: string,
    private readonly teacher: Model,
    private readonly recipe: Pick<Recipe, 'batchSize' | 'accumulation'>,
    trainImages: number,
    private readonly onFault: (text: string) => void = () => undefined,
  ) {
    this.images = batchCount(trainImages, recipe.batchSize, true) * recipe.batchSize;
    this.micro = recipe.batchSize / recipe.accumulation;
  }

  /** Bytes that so many epochs take. */
  bytes(epochs: number): number {
    return 4 * epochs * this.images * (this.teacher.classes + this.teacher.width);
  }

  /** Whether it can tell what the teacher says there, of an epoch of which it has told something. */
  knows({ epoch }: Place): boolean {
    return this.current?.number === epoch && this.current.known === this.images;
  }

  /**
   * What the teacher says of the images that are shown at that place, the same bits whether it is asked, by the function given, or
   * not. The caller tidies.
   */
  output({ epoch, step, piece }: Place, ask: () => TeacherOutput): TeacherOutput {
    const {
      teacher,
      micro,
      recipe: { batchSize },
    } = this;
    if (this.current?.number !== epoch) this.current = this.read(epoch) ?? this.blank(epoch);
    const { current } = this;
    const rows = (width: number): [number, number] => [
      (step * batchSize + piece * micro) * width,
      (step * batchSize + (piece + 1) * micro) * width,
    ];
    if (current.known === this.images) {
      return {
        logits: tf.tensor2d(current.logits.subarray(...rows(teacher.classes)), [micro, teacher.classes]),
        pooled: tf.tensor2d(current.pooled.subarray(...rows(teacher.width)), [micro, teacher.width]),
      };
    }
    const output = ask();
    current.logits.set(output.logits.dataSync(), rows(teacher.classes)[0]);
    current.pooled.set(output.pooled.dataSync(), rows(teacher.width)[0]);
    // Places are asked in turn; one that is asked once more, after a fault, was counted.
    if (current.known === step * batchSize + piece * micro) current.known += micro;
    return output;
  }

  /** Keeps what was said in the epoch that is over, if it was all of it. Whether it was known beforehand. What cannot be written is told, and missed by no one. */
  async endEpoch(): Promise<boolean> {
    const { current, images, teacher } = this;
    delete this.current;
    if (current?.known !== images || current.kept) return current?.kept ?? false;
    try {
      await writeSafetensors(
        this.file(current.number),
        new Map([
          ['logits', { shape: [images, teacher.classes], data: current.logits }],
          ['pooled', { shape: [images, teacher.width], data: current.pooled }],
        ]),
        { metadata: { sha256: digest(current) } },
      );
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.onFault(`What the teacher said is not kept: ${error.message}`);
    }
    return false;
  }

  private blank(number: number): Epoch {
    return {
      number,
      logits: new Float32Array(this.images * this.teacher.classes),
      pooled: new Float32Array(this.images * this.teacher.width),
      kept: false,
      known: 0,
    };
  }

  /** What an earlier run was told; undefined where there is none, or a damaged file. */
  private read(number: number): Epoch | undefined {
    const file = this.file(number);
    if (!existsSync(file)) return undefined;
    try {
      const { tensors, metadata } = readSafetensors(file);
      const [logits, pooled] = [tensors.get('logits')?.data, tensors.get('pooled')?.data];
      if (!logits || !pooled || digest({ logits, pooled }) !== metadata.get('sha256')) return undefined;
      return { number, logits, pooled, kept: true, known: this.images };
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }

  private file(epoch: number): string {
    return path.join(this.folder, `epoch-${epoch + 1}.safetensors`);
  }
}

function digest({ logits, pooled }: Pick<Epoch, 'logits' | 'pooled'>): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [logits, pooled])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
