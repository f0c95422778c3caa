import { z } from 'zod';
import type { NamedParameter } from '../models/parameter';
import { execute, hasKernels } from '../tensor/engine/native';
import * as tf from '../tensor/engine/tf';

const sgd = z
  .object({
    name: z.literal('sgd'),
    momentum: z.number().min(0).max(1).default(0.9),
    nesterov: z.boolean().default(true),
  })
  .strict();
const adamW = z
  .object({
    name: z.literal('adamw'),
    beta1: z.number().default(0.9),
    beta2: z.number().default(0.999),
    epsilon: z.number().positive().default(1e-8),
  })
  .strict();
const lamb = z
  .object({
    name: z.literal('lamb'),
    beta1: z.number().default(0.9),
    beta2: z.number().default(0.999),
    epsilon: z.number().positive().default(1e-6),
    /** Largest global norm of the gradients that it takes, beside the recipe's own clipping. */
    maxNorm: z.number().positive().default(1),
  })
  .strict();

/** What moves the weights, in PyTorch's terms. */
export const optimizerSpec = z.discriminatedUnion('name', [sgd, adamW, lamb]);
export type OptimizerSpec = z.infer<typeof optimizerSpec>;
type Lamb = z.infer<typeof lamb>;
type Plain = z.infer<typeof sgd> | z.infer<typeof adamW>;

/** Moves the parameters along their gradients; what it remembers is kept by path, so that it survives a checkpoint. */
export class Optimizer {
  /** Momentum (sgd), or first and second moments (the others): a tensor of the parameter's shape for each path. */
  private readonly slots: readonly Map<string, tf.Tensor>[];
  /** Of each parameter. */
  private readonly decays: readonly number[];

  /** Weight decay spares biases and every other 1-D parameter; `everything` decays those too. */
  constructor(
    private readonly spec: OptimizerSpec,
    private readonly parameters: readonly NamedParameter[],
    weightDecay: number,
    { everything = false }: { readonly everything?: boolean } = {},
  ) {
    this.slots = Array.from(
      { length: spec.name === 'sgd' ? 1 : 2 },
      () => new Map(parameters.map(([path, { value }]) => [path, tf.keep(tf.zerosLike(value))])),
    );
    this.decays = parameters.map(([, { value }]) => (everything || value.rank > 1 ? weightDecay : 0));
  }

  /** One step, the first being number 1. Gradients by the parameter's path, each multiplied by `scale`; an absent one counts as zero. */
  update(gradients: Readonly<Record<string, tf.Tensor>>, rate: number, step: number, scale = 1): void {
    const moved = tf.tidy(() => {
      const values = this.parameters.map(([, { value }]) => value);
      const slopes = this.parameters.map(([path, { value }]) => gradients[path] ?? tf.zerosLike(value));
      const slots = this.slots.map((slot) => this.parameters.map(([path]) => slot.get(path)!));
      const { spec } = this;
      if (spec.name === 'lamb') return this.lamb(spec, values, slopes, slots, rate, step, scale);
      return hasKernels()
        ? this.fused(spec, values, slopes, slots, rate, step, scale)
        : this.composed(spec, values, slopes, slots, rate, step, scale);
    });
    this.parameters.forEach(([path, { variable }], i) => {
      variable.assign(moved[i]!);
      moved[i]!.dispose();
      this.slots.forEach((slot, s) => this.put(slot, path, moved[(s + 1) * this.parameters.length + i]!));
    });
  }

  /** What it remembers, by name: `0.layer1.0.conv1.weight`. The tensors stay its own. */
  state(): ReadonlyMap<string, tf.Tensor> {
    return new Map(
      this.slots.flatMap((slot, s) => [...slot].map(([path, tensor]) => [`${s}.${path}`, tensor] as const)),
    );
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
    for (const slot of this.slots) for (const tensor of slot.values()) tensor.dispose();
  }

  private put(slot: Map<string, tf.Tensor>, path: string, tensor: tf.Tensor): void {
    slot.get(path)?.dispose();
    slot.set(path, tf.keep(tensor));
  }

  private fused(
    spec: Plain,
    values: tf.Tensor[],
    slopes: tf.Tensor[],
    slots: tf.Tensor[][],
    rate: number,
    step: number,
    scale: number,
  ): tf.Tensor[] {
    const inputs = [...values, ...slopes, ...slots.flat(), tf.tensor1d([...this.decays])];
    const count = values.length;
    return spec.name === 'sgd'
      ? execute(
          'OfaSgd',
          [...inputs, tf.tensor1d([rate, spec.momentum, scale])],
          [
            ['N', 'int', count],
            ['nesterov', 'bool', spec.nesterov],
          ],
          2 * count,
        )
      : execute(
          'OfaAdamW',
          [
            ...inputs,
            tf.tensor1d([
              rate,
              spec.beta1,
              spec.beta2,
              spec.epsilon,
              1 - spec.beta1 ** step,
              1 - spec.beta2 ** step,
              scale,
            ]),
          ],
          [['N', 'int', count]],
          3 * count,
        );
  }

  /** Those of one shape and decay are moved together: on a GPU it is the number of ops that takes time. */
  private composed(
    spec: Plain,
    values: tf.Tensor[],
    slopes: tf.Tensor[],
    slots: tf.Tensor[][],
    rate: number,
    step: number,
    scale: number,
  ): tf.Tensor[] {
    const moved: tf.Tensor[][] = [values, ...slots].map(() => []);
    for (const alike of alikes(values, this.decays)) {
      const together = (tensors: tf.Tensor[]): tf.Tensor =>
        alike.length === 1 ? tensors[alike[0]!]! : tf.stack(alike.map((i) => tensors[i]!));
      const slope = scale === 1 ? together(slopes) : tf.mul(together(slopes), scale);
      const parts = plain(spec, together(values), slope, slots.map(together), this.decays[alike[0]!]!, rate, step);
      parts.forEach((part, p) =>
        (alike.length === 1 ? [part] : tf.unstack(part)).forEach((tensor, k) => {
          moved[p]![alike[k]!] = tensor;
        }),
      );
    }
    return moved.flat();
  }

  /** LAMB (You et al. 2020) as timm 0.6.5 has it: Adam's direction with the decay, as long as the weights are, but for those that are not decayed. */
  private lamb(
    spec: Lamb,
    values: tf.Tensor[],
    slopes: tf.Tensor[],
    slots: tf.Tensor[][],
    rate: number,
    step: number,
    scale: number,
  ): tf.Tensor[] {
    const { decays } = this;
    const clip = scale / Math.max((globalNorm(slopes) * scale) / spec.maxNorm, 1);
    return columns(
      values.map((value, i): tf.Tensor[] => {
        const { mean, square, direction } = adam(spec, tf.mul(slopes[i]!, clip), slots[0]![i]!, slots[1]![i]!, step);
        if (decays[i] === 0) return [tf.sub(value, tf.mul(direction, rate)), mean, square];
        const decayed = tf.add(direction, tf.mul(value, decays[i]!));
        const [length, wanted] = [tf.norm(decayed), tf.norm(value)];
        const ratio = tf.where(tf.logicalAnd(tf.greater(length, 0), tf.greater(wanted, 0)), tf.div(wanted, length), 1);
        return [tf.sub(value, tf.mul(decayed, tf.mul(ratio, rate))), mean, square];
      }),
    );
  }
}

/** The places of tensors of one shape and one decay, together. */
function alikes(values: readonly tf.Tensor[], decays: readonly number[]): number[][] {
  const places = new Map<string, number[]>();
  values.forEach(({ shape }, i) => {
    const kind = `${shape.join('×')}, ${decays[i]}`;
    places.set(kind, [...(places.get(kind) ?? []), i]);
  });
  return [...places.values()];
}

/** The value and its slots after a step along its slope. */
function plain(
  spec: Plain,
  value: tf.Tensor,
  slope: tf.Tensor,
  slots: readonly tf.Tensor[],
  decay: number,
  rate: number,
  step: number,
): tf.Tensor[] {
  if (spec.name === 'sgd') {
    const gradient = tf.add(slope, tf.mul(value, decay));
    const velocity = tf.add(tf.mul(slots[0]!, spec.momentum), gradient);
    const direction = spec.nesterov ? tf.add(gradient, tf.mul(velocity, spec.momentum)) : velocity;
    return [tf.sub(value, tf.mul(direction, rate)), velocity];
  }
  const { mean, square, direction } = adam(spec, slope, slots[0]!, slots[1]!, step);
  return [tf.sub(tf.mul(value, 1 - rate * decay), tf.mul(direction, rate)), mean, square];
}

/** Adam's moments after a gradient, and where they point, their bias corrected (Kingma and Ba 2015). */
function adam(
  { beta1, beta2, epsilon }: Pick<Lamb, 'beta1' | 'beta2' | 'epsilon'>,
  slope: tf.Tensor,
  first: tf.Tensor,
  second: tf.Tensor,
  step: number,
): Record<'mean' | 'square' | 'direction', tf.Tensor> {
  const mean = tf.add(tf.mul(first, beta1), tf.mul(slope, 1 - beta1));
  const square = tf.add(tf.mul(second, beta2), tf.mul(tf.square(slope), 1 - beta2));
  const root = tf.add(tf.div(tf.sqrt(square), Math.sqrt(1 - beta2 ** step)), epsilon);
  return { mean, square, direction: tf.div(tf.div(mean, 1 - beta1 ** step), root) };
}

/** Rows of new value and slots as all values, then all of the first slot, and so on. */
function columns(rows: readonly (readonly tf.Tensor[])[]): tf.Tensor[] {
  return rows[0]!.flatMap((_, part) => rows.map((row) => row[part]!));
}

/** What gradients of this norm are multiplied by, so that it is `most` at most: PyTorch's clip_grad_norm_. */
export function clipScale(norm: number, most: number): number {
  return Math.min(1, most / (norm + 1e-6));
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
