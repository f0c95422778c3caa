import * as tf from '../tensor/engine/tf';
import type { Model, Output } from './model';
import { ensembleName } from './ensembleName';

/**
 * Several networks of the same classes and image size as one: its logits are the logarithm of the mean of their
 * probabilities. A temperature that divides the logits therefore acts on the mean, not on each network. Its other
 * fields and features are those of the first network. Disposing the ensemble disposes the networks.
 */
export function ensemble(models: readonly [Model, ...Model[]]): Model {
  const [first] = models;
  const { family, classes, imageSize, width, stageShapes, blockNames, headName } = first;
  const forward: Model['forward'] = (images, pass) => {
    const [output, ...others] = models.map((model, i) => model.forward(images, i === 0 ? pass : { mode: pass.mode }));
    return { ...output!, logits: logOfMean([output!, ...others]) };
  };
  // The networks are a field of the ensemble, so that functions over its parameters find them.
  return Object.assign(
    { models },
    { name: ensembleName(models.map(({ name }) => name)) },
    { family, classes, imageSize, width, stageShapes, blockNames, headName, forward },
  );
}

/** log((softmax(z₁) + … + softmax(zₙ)) / n) of logits [batch, classes], without overflow. */
function logOfMean(outputs: readonly Pick<Output, 'logits'>[]): tf.Tensor2D {
  const logs = tf.stack(outputs.map(({ logits }) => tf.logSoftmax(logits)));
  return tf.sub(tf.logSumExp(logs, 0), Math.log(outputs.length));
}
