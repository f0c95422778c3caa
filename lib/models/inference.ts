import { Compiled } from '../tensor/engine/compile';
import { defaultInferenceMode } from '../tensor/engine/compileMode';
import * as tf from '../tensor/engine/tf';
import type { Model } from './model';
import { parameters } from './parameter';

/**
 * Computes tensors of images by a network in inference mode, by default compiled on a GPU (`defaultInferenceMode`).
 * `compute` does the same in every call, and reads no numbers. The caller disposes of this object after its last call.
 */
export class Inference {
  private readonly compiled?: Compiled<{ readonly images: tf.Tensor4D }>;

  constructor(
    model: Model,
    private readonly compute: (images: tf.Tensor4D) => tf.Tensor[],
    mode = defaultInferenceMode(),
  ) {
    if (mode === 'off') return;
    const variables = parameters(model).map(([, { variable }]) => variable);
    const options = { variables, xla: mode === 'xla', isPure: true };
    this.compiled = new Compiled(({ images }) => tf.tidy(() => compute(images)), options);
  }

  /** The tensors for images [batch, height, width, 3]. The caller owns them. */
  run(images: tf.Tensor4D): tf.Tensor[] {
    return this.compiled?.run({ images }, undefined) ?? tf.tidy(() => this.compute(images));
  }

  dispose(): void {
    this.compiled?.dispose();
  }
}

/** The inference that returns the network's logits [batch, classes] alone. */
export function logitsInference(model: Model, mode = defaultInferenceMode()): Inference {
  return new Inference(model, (images) => [model.forward(images, { mode: 'eval' }).logits], mode);
}
