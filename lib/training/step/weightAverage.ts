import type { NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';

/**
 * Running average of weights and buffers, as timm's ModelEmaV2. After each step
 * average ← decay · average + (1 − decay) · weight.
 */
export class WeightAverage {
  private readonly averages: ReadonlyMap<string, tf.Variable>;

  constructor(
    private readonly named: readonly NamedParameter[],
    private readonly decay: number,
  ) {
    this.averages = new Map(named.map(([path, { value }]) => [path, tf.variable(value, false)]));
  }

  update(): void {
    tf.tidy(() => {
      for (const [path, { value }] of this.named) {
        const average = this.averages.get(path)!;
        average.assign(tf.add(tf.mul(average, this.decay), tf.mul(value, 1 - this.decay)));
      }
    });
  }

  /** Runs a function while the network has the averages as its weights. Restores the weights, also after an error. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.swap();
    try {
      return await work();
    } finally {
      this.swap();
    }
  }

  /** The averages by path. They remain owned by this object. */
  state(): ReadonlyMap<string, tf.Variable> {
    return this.averages;
  }

  /** Sets one average and frees the tensor. */
  restore(name: string, tensor: tf.Tensor): void {
    const average = this.averages.get(name);
    if (!average) throw new Error(`the running average has no weight named ${name}`);
    average.assign(tensor);
    tensor.dispose();
  }

  dispose(): void {
    for (const average of this.averages.values()) average.dispose();
  }

  private swap(): void {
    tf.tidy(() => {
      for (const [path, { variable }] of this.named) {
        const average = this.averages.get(path)!;
        const weight = tf.clone(variable);
        variable.assign(average);
        average.assign(weight);
      }
    });
  }
}
