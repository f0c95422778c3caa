import { Compiled } from '../tensor/engine/compile';
import { defaultInferenceMode } from '../tensor/engine/compileMode';
import * as tf from '../tensor/engine/tf';
import type { Model } from './model';
import { parameters } from './parameter';

type ImageFunction = Compiled<{ readonly images: tf.Tensor4D }>;

/** The compiled functions of each network by name. They exist as long as the network. */
const functions = new WeakMap<Model, Map<string, ImageFunction>>();

/**
 * Tensors that a network computes of images in inference mode, such as its logits. `compute` must do the same in all
 * calls with this `name`: by default it is compiled on a GPU (`defaultInferenceMode`). It reads no numbers. The caller
 * owns the result.
 */
export function infer(
  model: Model,
  name: string,
  images: tf.Tensor4D,
  compute: (images: tf.Tensor4D) => tf.Tensor[],
  mode = defaultInferenceMode(),
): tf.Tensor[] {
  if (mode === 'off') return tf.tidy(() => compute(images));
  const ofModel = functions.get(model) ?? new Map<string, ImageFunction>();
  functions.set(model, ofModel);
  const key = `${name} ${mode}`;
  let compiled = ofModel.get(key);
  if (!compiled) {
    const variables = parameters(model).map(([, { variable }]) => variable);
    const options = { variables, xla: mode === 'xla', isPure: true };
    compiled = new Compiled(({ images: given }) => tf.tidy(() => compute(given)), options);
    ofModel.set(key, compiled);
  }
  return compiled.run({ images }, undefined);
}
