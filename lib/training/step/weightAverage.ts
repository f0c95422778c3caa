import type { NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';

/** Running average of weights and buffers, after each step average ← decay · average + (1 − decay) · weight: timm's ModelEmaV2. */
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

  /** Does the work with the averages in the weights' place; puts the weights back, whatever happens. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.swap();
    try {
      return await work();
    } finally {
      this.swap();
    }
  }

  /** The averages by path. The tensors stay its own. */
  state(): ReadonlyMap<string, tf.Tensor> {
    return this.averages;
  }

  /** Takes over an average. */
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
