import { z } from 'zod';
import type { Named } from '../models/parameter';
import { execute, hasKernels } from '../tensor/native';
import * as tf from '../tensor/tf';

/** What moves the weights, in PyTorch's terms. */
export const optimizerSpec = z.discriminatedUnion('name', [
  z.object({ name: z.literal('sgd'), momentum: z.number().min(0).max(1).default(0.9), nesterov: z.boolean().default(true) }).strict(),
  z.object({ name: z.literal('adamw'), beta1: z.number().default(0.9), beta2: z.number().default(0.999), epsilon: z.number().positive().default(1e-8) }).strict(),
]);
export type OptimizerSpec = z.infer<typeof optimizerSpec>;

/** Moves the parameters along their gradients; what it remembers is kept by path, so that it survives a checkpoint. */
export class Optimizer {
  /** Momentum (sgd), or first and second moments (adamw): a tensor of the parameter's shape for each path. */
  private readonly slots: readonly Map<string, tf.Tensor>[];
  private readonly decays: tf.Tensor1D;

  /** Weight decay spares biases and every other 1-D parameter; `everything` decays those too. */
  constructor(
    private readonly spec: OptimizerSpec, private readonly parameters: readonly Named[], weightDecay: number,
    { everything = false }: { readonly everything?: boolean } = {},
  ) {
    this.slots = Array.from({ length: spec.name === 'sgd' ? 1 : 2 }, () =>
      new Map(parameters.map(([path, { value }]) => [path, tf.keep(tf.zerosLike(value))])));
    this.decays = tf.keep(tf.tensor1d(parameters.map(([, { value }]) => (everything || value.rank > 1 ? weightDecay : 0))));
  }

  /** One step, the first being number 1. Gradients by the parameter's path, each multiplied by `scale`; an absent one counts as zero. */
  update(gradients: Readonly<Record<string, tf.Tensor>>, rate: number, step: number, scale = 1): void {
    const moved = tf.tidy(() => {
      const values = this.parameters.map(([, { value }]) => value);
      const slopes = this.parameters.map(([path, { value }]) => gradients[path] ?? tf.zerosLike(value));
      const slots = this.slots.map((slot) => this.parameters.map(([path]) => slot.get(path)!));
      return hasKernels() ? this.fused(values, slopes, slots, rate, step, scale) : this.composed(values, slopes, slots, rate, step, scale);
    });
    this.parameters.forEach(([path, { variable }], i) => {
      variable.assign(moved[i]!);
      moved[i]!.dispose();
      this.slots.forEach((slot, s) => this.put(slot, path, moved[(s + 1) * this.parameters.length + i]!));
    });
  }

  /** What it remembers, by name: `0.layer1.0.conv1.weight`. The tensors stay its own. */
  state(): ReadonlyMap<string, tf.Tensor> {
    return new Map(this.slots.flatMap((slot, s) => [...slot].map(([path, tensor]) => [`${s}.${path}`, tensor] as const)));
  }

  /** Takes over a remembered tensor. */
  restore(name: string, tensor: tf.Tensor): void {
    const dot = name.indexOf('.');
    const slot = this.slots[Number(name.slice(0, dot))];
    const path = name.slice(dot + 1);
    if (!slot?.has(path)) throw new Error(`the optimiser has no state named ${name}`);
    this.put(slot, path, tensor);
  }

  dispose(): void {
    this.decays.dispose();
    for (const slot of this.slots) for (const tensor of slot.values()) tensor.dispose();
  }

  private put(slot: Map<string, tf.Tensor>, path: string, tensor: tf.Tensor): void {
    slot.get(path)?.dispose();
    slot.set(path, tf.keep(tensor));
  }

  private fused(values: tf.Tensor[], slopes: tf.Tensor[], slots: tf.Tensor[][], rate: number, step: number, scale: number): tf.Tensor[] {
    const { spec } = this;
    const inputs = [...values, ...slopes, ...slots.flat(), this.decays];
    const count = values.length;
    return spec.name === 'sgd'
      ? execute('OfaSgd', [...inputs, tf.tensor1d([rate, spec.momentum, scale])], [['N', 'int', count], ['nesterov', 'bool', spec.nesterov]], 2 * count)
      : execute('OfaAdamW', [...inputs, tf.tensor1d([rate, spec.beta1, spec.beta2, spec.epsilon, 1 - spec.beta1 ** step, 1 - spec.beta2 ** step, scale])],
        [['N', 'int', count]], 3 * count);
  }

  private composed(values: tf.Tensor[], slopes: tf.Tensor[], slots: tf.Tensor[][], rate: number, step: number, scale: number): tf.Tensor[] {
    const { spec } = this;
    const decays = this.decays.dataSync();
    const rows = values.map((value, i): tf.Tensor[] => {
      const slope = tf.mul(slopes[i]!, scale);
      if (spec.name === 'sgd') {
        const gradient = tf.add(slope, tf.mul(value, decays[i]!));
        const velocity = tf.add(tf.mul(slots[0]![i]!, spec.momentum), gradient);
        const direction = spec.nesterov ? tf.add(gradient, tf.mul(velocity, spec.momentum)) : velocity;
        return [tf.sub(value, tf.mul(direction, rate)), velocity];
      }
      const mean = tf.add(tf.mul(slots[0]![i]!, spec.beta1), tf.mul(slope, 1 - spec.beta1));
      const square = tf.add(tf.mul(slots[1]![i]!, spec.beta2), tf.mul(tf.square(slope), 1 - spec.beta2));
      const root = tf.add(tf.div(tf.sqrt(square), Math.sqrt(1 - spec.beta2 ** step)), spec.epsilon);
      const direction = tf.div(tf.div(mean, 1 - spec.beta1 ** step), root);
      return [tf.sub(tf.mul(value, 1 - rate * decays[i]!), tf.mul(direction, rate)), mean, square];
    });
    return Array.from({ length: this.slots.length + 1 }, (_, part) => rows.map((row) => row[part]!)).flat();
  }
}

/** sqrt(Σ g²) over all gradients together. */
export function globalNorm(gradients: readonly tf.Tensor[]): number {
  return tf.tidy(() => {
    const total = hasKernels()
      ? execute('OfaSquaredNorm', gradients, [['N', 'int', gradients.length]])[0]!
      : tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient))));
    return Math.sqrt(total.dataSync()[0]!);
  });
}
