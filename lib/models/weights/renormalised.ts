import type { Normalisation } from '../../data/datasets/normalisation';
import * as tf from '../../tensor/engine/tf';
import type { Model } from '../model';

/**
 * Wraps a network that was trained with one normalisation (`own`) so that it accepts images with another (`given`). The
 * wrapper converts the images before each forward pass and shares the network's parameters: disposing one disposes
 * both.
 */
export function renormalised(model: Model, given: Normalisation, own: Normalisation): Model {
  const { name, family, classes, imageSize, width, stageShapes, blockNames, headName } = model;
  const scale = given.std.map((std, channel) => std / own.std[channel]!);
  const shift = given.mean.map((mean, channel) => (mean - own.mean[channel]!) / own.std[channel]!);
  const forward: Model['forward'] = (images, pass) => model.forward(tf.add(tf.mul(images, scale), shift), pass);
  // The network is a field of the wrapper, so that functions over its parameters find them.
  const wrapper = { model };
  return Object.assign(wrapper, {
    name,
    family,
    classes,
    imageSize,
    width,
    stageShapes,
    blockNames,
    headName,
    forward,
  });
}
