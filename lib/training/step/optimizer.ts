import { z } from 'zod';
import type { NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import { adamW as adamWStep } from '../../tensor/ops/optimizers/adamW';
import { lamb as lambStep } from '../../tensor/ops/optimizers/lamb';
import { sgd as sgdStep } from '../../tensor/ops/optimizers/sgd';
import { adamBiasCorrections } from '../../tensor/ops/optimizers/adamMoments';
import type { StepInputs, StepResult } from '../../tensor/ops/optimizers/step';

/** Decay of a running average. With 1 it would stay 0. */
const decay = z.number().min(0).lt(1, 'must be less than 1: with 1 the average never changes');

const sgd = z
  .object({
    name: z.literal('sgd'),
    momentum: z.number().min(0).lt(1, 'must be less than 1: with 1 no gradient is ever forgotten').default(0.9),
    nesterov: z.boolean().default(true),
  })
  .strict();
const adamW = z
  .object({
    name: z.literal('adamw'),
    beta1: decay.default(0.9),
    beta2: decay.default(0.999),
    epsilon: z.number().positive().default(1e-8),
  })
  .strict();
const lamb = z
  .object({
    name: z.literal('lamb'),
    beta1: decay.default(0.9),
    beta2: decay.default(0.999),
    epsilon: z.number().positive().default(1e-6),
    /** Maximum global norm of the gradients, in addition to the recipe's own clipping. */
    maxNorm: z.number().positive().default(1),
  })
  .strict();

/** An optimiser and its settings, with PyTorch's names. */
export const optimizerSpec = z.discriminatedUnion('name', [sgd, adamW, lamb]);
export type OptimizerSpec = z.infer<typeof optimizerSpec>;

/** What changes from step to step, besides the gradients. */
export type StepSettings = Pick<StepInputs, 'learningRate' | 'biasCorrections' | 'gradScale'>;

/** Updates parameters from their gradients. Its state is kept by the path of the parameter, for checkpoints. */
export class Optimizer {
  /** Momentum (sgd), or first and second moments (the others): a tensor of the parameter's shape for each path. */
  private readonly slots: readonly ReadonlyMap<string, tf.Variable>[];
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
      () => new Map(parameters.map(([path, { value }]) => [path, zeros(value)])),
    );
    this.decays = parameters.map(([, { value }]) => (everything || value.rank > 1 ? weightDecay : 0));
  }

  /** The settings of a step, which is counted from 1, as tensors. The caller frees them. */
  settings(learningRate: number, step: number): StepSettings {
    const { spec } = this;
    return {
      learningRate: tf.scalar(learningRate),
      biasCorrections: spec.name === 'sgd' ? [] : adamBiasCorrections(spec.beta1, spec.beta2, step),
    };
  }

  /**
   * Makes one update. `step` is counted from 1. Gradients are by the path of the parameter; they are multiplied by
   * `scale`, and a missing one counts as zero.
   */
  update(
    gradients: Readonly<Record<string, tf.Tensor>>,
    rate: number,
    step: number,
    scale: number | tf.Scalar = 1,
  ): void {
    tf.tidy(() => {
      const gradScale = typeof scale === 'number' ? tf.scalar(scale) : scale;
      this.apply(gradients, { ...this.settings(rate, step), gradScale });
    });
  }

  /** The same with settings as tensors, as a compiled step needs them. */
  apply(gradients: Readonly<Record<string, tf.Tensor>>, settings: StepSettings): void {
    const updated = tf.tidy(() =>
      stepOf(this.spec, {
        values: this.parameters.map(([, { value }]) => value),
        grads: this.parameters.map(([path, { value }]) => gradients[path] ?? tf.zerosLike(value)),
        slots: this.slots.map((slot) => this.parameters.map(([path]) => slot.get(path)!)),
        decays: this.decays,
        ...settings,
      }),
    );
    const [values, ...slots] = updated;
    this.parameters.forEach(([path, { variable }], i) => {
      variable.assign(values![i]!);
      this.slots.forEach((slot, s) => slot.get(path)!.assign(slots[s]![i]!));
    });
    tf.dispose(updated);
  }

  /** The state by name, for example `0.layer1.0.conv1.weight`. The tensors remain owned by this object. */
  state(): ReadonlyMap<string, tf.Variable> {
    return new Map(
      this.slots.flatMap((slot, s) => [...slot].map(([path, tensor]) => [`${s}.${path}`, tensor] as const)),
    );
  }

  /** Sets one tensor of the state, and frees it. */
  restore(name: string, tensor: tf.Tensor): void {
    const dot = name.indexOf('.');
    const slot = this.slots[Number(name.slice(0, dot))];
    const path = name.slice(dot + 1);
    const variable = slot?.get(path);
    if (!variable) throw new Error(`the optimiser has no state named ${name}`);
    variable.assign(tensor);
    tensor.dispose();
  }

  dispose(): void {
    for (const slot of this.slots) for (const tensor of slot.values()) tensor.dispose();
  }
}

function zeros(like: tf.Tensor): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zerosLike(like), false));
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
