import { multiplyAddsOf } from '../tensor/inspect/multiplyAdds';
import * as tf from '../tensor/engine/tf';
import type { Model } from './model';

/** Multiply-adds of one image on its way through a network; undefined where the engine does not tell its ops. */
export function networkMultiplyAdds(model: Model): number | undefined {
  return tf.tidy(() => {
    const image = tf.zeros<tf.Rank.R4>([1, model.imageSize, model.imageSize, 3]);
    return multiplyAddsOf(() => model.forward(image, { mode: 'eval' }));
  });
}
