import { constant } from '../models/initialisers';
import { Parameter } from '../models/parameter';
import * as tf from '../tensor/engine/tf';

/** Named running means. They are parameters, so that checkpoints store them when they are in `modules`. */
export class RunningMeans {
  readonly means: Readonly<Record<string, Parameter<tf.Rank.R0>>>;
  /** Number of micro-batches so far; at 0, the means are not known yet. */
  readonly batches = buffer();
  /** Values after the current micro-batch, until `store` is called. */
  private readonly pending = new Map<string, number>();

  /** `momentum` is the weight of the old value. */
  constructor(
    names: readonly string[],
    private readonly momentum: number,
  ) {
    this.means = Object.fromEntries(names.map((name) => [name, buffer()]));
  }

  /** Returns a mean over the earlier micro-batches, or undefined at the first. */
  before(name: string): number | undefined {
    return this.batches.value.dataSync()[0] === 0 ? undefined : this.means[name]!.value.dataSync()[0];
  }

  /** Returns a mean that includes the current micro-batch. The first value is the first mean. */
  including(name: string, value: number): number {
    const before = this.before(name);
    const mean = before === undefined ? value : this.momentum * before + (1 - this.momentum) * value;
    this.pending.set(name, mean);
    return mean;
  }

  /** Stores the means of the current micro-batch. */
  store(): void {
    if (this.pending.size === 0) return;
    tf.tidy(() => {
      for (const [name, mean] of this.pending) this.means[name]!.variable.assign(tf.scalar(mean));
      this.batches.variable.assign(tf.add(this.batches.value, 1));
    });
    this.pending.clear();
  }
}

const buffer = (): Parameter<tf.Rank.R0> => new Parameter(constant<tf.Rank.R0>([], 0), 'plain', false);
