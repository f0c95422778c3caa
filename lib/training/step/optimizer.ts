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
    /** Maximum global norm of the gradients, in addition to the recipe's own clipping. */
    maxNorm: z.number().positive().default(1),
  })
  .strict();

/** An optimiser and its settings, with PyTorch's names. */
export const optimizerSpec = z.discriminatedUnion('name', [sgd, adamW, lamb]);
export type OptimizerSpec = z.infer<typeof optimizerSpec>;

/** Updates parameters from their gradients. Its state is kept by the path of the parameter, for checkpoints. */
export class Optimizer {
  /** Momentum (sgd), or first and second moments (the others): a tensor of the parameter's shape for each path. */
  private readonly slots: readonly Map<string, tf.Tensor>[];
  /** Weight decay of each parameter. */
  private readonly decays: readonly number[];

  /** Weight decay does not apply to biases and other 1-D parameters, unless `everything` is true. */
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

  /**
   * Makes one update. `step` is counted from 1. Gradients are by the path of the parameter; they are multiplied by
   * `scale`, and a missing one counts as zero.
   */
  update(gradients: Readonly<Record<string, tf.Tensor>>, rate: number, step: number, scale = 1): void {
    const updated = tf.tidy(() =>
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
    const [values, ...slots] = updated;
    this.parameters.forEach(([path, { variable }], i) => {
      variable.assign(values![i]!);
      values![i]!.dispose();
      this.slots.forEach((slot, s) => this.put(slot, path, slots[s]![i]!));
    });
  }

  /** The state by name, for example `0.layer1.0.conv1.weight`. The tensors remain owned by this object. */
  state(): ReadonlyMap<string, tf.Tensor> {
    return new Map(
      this.slots.flatMap((slot, s) => [...slot].map(([path, tensor]) => [`${s}.${path}`, tensor] as const)),
    );
  }

  /** Sets one tensor of the state, and takes it over. */
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
    case 'sgd': {
      const { momentum, nesterov } = spec;
      return sgdStep(inputs, { momentum, nesterov });
    }
    case 'adamw': {
      const { beta1, beta2, epsilon } = spec;
      return adamWStep(inputs, { beta1, beta2, epsilon });
    }
    case 'lamb': {
      const { beta1, beta2, epsilon, maxNorm } = spec;
      return lambStep(inputs, { beta1, beta2, epsilon, maxNorm });
    }
  }
}
