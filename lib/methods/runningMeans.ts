import { constant } from '../models/initialisers';
import { Parameter } from '../models/parameter';
import * as tf from '../tensor/engine/tf';

/** Named running means. They are parameters, so that checkpoints store them when they are in `modules`. */
export class RunningMeans {
  readonly means: Readonly<Record<string, Parameter<tf.Rank.R0>>>;
  /** Number of micro-batches so far; at 0, the means are not known yet. */
  readonly batches = buffer();
  /** Values after the current micro-batch, until `store` is called. */
  private readonly pending = new Map<string, tf.Scalar>();

  /** `momentum` is the weight of the old value. */
  constructor(
    names: readonly string[],
    private readonly momentum: number,
  ) {
    this.means = Object.fromEntries(names.map((name) => [name, buffer()]));
  }

  /** Returns a mean over the earlier micro-batches. At the first it is the value of the current one. */
  before(name: string, value: tf.Scalar): tf.Scalar {
    return tf.tidy(() => tf.where(tf.equal(this.batches.value, 0), value, this.means[name]!.value));
  }

  /** Returns a mean that includes the value of the current micro-batch, and keeps it until `store`. */
  including(name: string, value: tf.Scalar): tf.Scalar {
    const mean = tf.tidy(() =>
      tf.add<tf.Scalar>(tf.mul(this.before(name, value), this.momentum), tf.mul(value, 1 - this.momentum)),
    );
    this.pending.get(name)?.dispose();
    this.pending.set(name, tf.keep(tf.clone(mean)));
    return mean;
  }

  /** Stores the means of the current micro-batch. */
  store(): void {
    if (this.pending.size === 0) return;
    for (const [name, mean] of this.pending) this.means[name]!.variable.assign(mean);
    tf.dispose([...this.pending.values()]);
    this.pending.clear();
    tf.tidy(() => this.batches.variable.assign(tf.add(this.batches.value, 1)));
  }
}

const buffer = (): Parameter<tf.Rank.R0> => new Parameter(constant<tf.Rank.R0>([], 0), 'plain', false);
