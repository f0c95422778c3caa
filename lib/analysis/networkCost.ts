import type { Distillation } from '../methods/method';
import type { Model } from '../models/model';
import { networkMultiplyAdds } from '../models/summary';
import { parameterCount } from '../models/parameter';
import type { Cost } from '../results/gain';
import { median } from '../results/statistics/median';
import * as tf from '../tensor/engine/tf';
import { multiplyAddsOf } from '../tensor/inspect/multiplyAdds';

/** The size of a network, and its latency on this machine. */
export function networkCost(model: Model): Cost {
  return { ...networkSize(model), network: model.name, latency: latency(model) };
}

/** The number of parameters, and the multiply-adds of one image; undefined where the engine does not count them. */
export function networkSize(model: Model): { readonly parameters: number; readonly multiplyAdds?: number } {
  const multiplyAdds = networkMultiplyAdds(model);
  return { parameters: parameterCount(model), ...(multiplyAdds !== undefined && { multiplyAdds }) };
}

/**
 * What a method adds to its student in training only: the parameters of its own layers, and for one image the
 * multiply-adds of these layers and of the loss in a forward pass. Runs the method once on a batch of two, so a
 * method with memories has updated them.
 */
export function methodSize(
  distillation: Distillation,
  student: Model,
  teacher?: Model,
): { readonly methodParameters: number; readonly methodMultiplyAdds?: number } {
  const multiplyAdds = tf.tidy(() => {
    const images = tf.zeros<tf.Rank.R4>([2, student.imageSize, student.imageSize, 3]);
    const studentOutput = student.forward(images, { mode: 'eval' });
    const teacherOutput = teacher?.forward(images, { mode: 'eval' });
    const labels = tf.zeros<tf.Rank.R1>([2], 'int32');
    return multiplyAddsOf(() =>
      distillation.loss({
        student: studentOutput,
        teacher: teacherOutput,
        labels,
        indices: Uint32Array.of(0, 1),
        mode: 'eval',
      }),
    );
  });
  distillation.afterMicroBatch();
  return {
    methodParameters: parameterCount(distillation.modules),
    ...(multiplyAdds !== undefined && { methodMultiplyAdds: multiplyAdds / 2 }),
  };
}

/** Median time of a forward pass of one image in milliseconds, over 20 passes after 5 to warm up. */
function latency(model: Model): number {
  const image = tf.zeros<tf.Rank.R4>([1, model.imageSize, model.imageSize, 3]);
  try {
    const times = Array.from({ length: 25 }, () => {
      const started = performance.now();
      tf.tidy(() => model.forward(image, { mode: 'eval' }).logits.dataSync());
      return performance.now() - started;
    });
    return median(times.slice(5));
  } finally {
    image.dispose();
  }
}
