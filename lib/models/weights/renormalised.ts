import type { Normalisation } from '../../data/datasets/normalisation';
import * as tf from '../../tensor/engine/tf';
import type { Model } from '../model';

/** The network for images that are normalised in another way than its weights want: it brings them to its own way first, and shares its parameters. */
export function renormalised(model: Model, given: Normalisation, own: Normalisation): Model {
  const { name, family, classes, imageSize, width, stageShapes, blockNames, headName } = model;
  const scale = given.std.map((std, channel) => std / own.std[channel]!);
  const shift = given.mean.map((mean, channel) => (mean - own.mean[channel]!) / own.std[channel]!);
  const forward: Model['forward'] = (images, pass) => model.forward(tf.add(tf.mul(images, scale), shift), pass);
  // The network itself is a field: whoever frees this one frees its parameters.
  return Object.assign(
    { model },
    { name, family, classes, imageSize, width, stageShapes, blockNames, headName, forward },
  );
}
