import type { Model } from '../models/model';
import { parameterCount } from '../models/parameter';
import type { Cost } from '../results/gain';
import * as tf from '../tensor/tf';

/** What a network costs on this machine. */
export function costOf(model: Model): Cost {
  return { network: model.name, parameters: parameterCount(model), latency: latencyOf(model) };
}

/** Median milliseconds of a forward pass of one image; some passes warm up. */
function latencyOf(model: Model): number {
  const image = tf.zeros<tf.Rank.R4>([1, model.imageSize, model.imageSize, 3]);
  try {
    const times = Array.from({ length: 25 }, () => {
      const started = performance.now();
      tf.tidy(() => model.forward(image, { mode: 'eval' }).logits.dataSync());
      return performance.now() - started;
    }).slice(5);
    return times.sort((a, b) => a - b)[times.length >> 1]!;
  } finally {
    image.dispose();
  }
}
