import { z } from 'zod';
import type { NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import { adamW as adamWStep } from '../../tensor/ops/optimizers/adamW';
import { lamb as lambStep } from '../../tensor/ops/optimizers/lamb';
import { sgd as sgdStep } from '../../tensor/ops/optimizers/sgd';
import type { StepInputs, StepResult } from '../../tensor/ops/optimizers/step';

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
    const moved = tf.tidy(() =>
      stepOf(this.spec, {
        values: this.parameters.map(([, { value }]) => value),
        grads: this.parameters.map(([path, { value }]) => gradients[path] ?? tf.zerosLike(value)),
        slots: this.slots.map((slot) => this.parameters.map(([path]) => slot.get(path)!)),
        decays: this.decays,
        learningRate: rate,
        step,
        gradScale: scale,
      }),
    );
    const [values, ...slots] = moved;
    this.parameters.forEach(([path, { variable }], i) => {
      variable.assign(values![i]!);
      values![i]!.dispose();
      this.slots.forEach((slot, s) => this.put(slot, path, slots[s]![i]!));
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
}

function stepOf(spec: OptimizerSpec, inputs: StepInputs): StepResult {
  switch (spec.name) {
    case 'sgd':
      return sgdStep(inputs, spec);
    case 'adamw':
      return adamWStep(inputs, spec);
    case 'lamb':
      return lambStep(inputs, spec);
  }
}
