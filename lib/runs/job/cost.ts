import type { Distillation } from '../../methods/method';
import type { Model } from '../../models/model';
import { networkMultiplyAdds } from '../../models/summary';
import { parameterCount } from '../../models/parameter';
import type { Cost } from '../../results/gain';
import { median } from '../../results/statistics/median';
import { multiplyAddsOf } from '../../tensor/inspect/multiplyAdds';
import * as tf from '../../tensor/engine/tf';

/** What a network costs on this machine. */
export function costOf(model: Model): Cost {
  return { ...sizeOf(model), network: model.name, latency: latencyOf(model) };
}

/** What a network costs on any machine. */
export function sizeOf(model: Model): { readonly parameters: number; readonly multiplyAdds?: number } {
  const multiplyAdds = networkMultiplyAdds(model);
  return { parameters: parameterCount(model), ...(multiplyAdds !== undefined && { multiplyAdds }) };
}

/**
 * What a method adds to its student in training and takes away with it: parameters of its own layers, and for each image the
 * multiply-adds of these layers and of its loss, forward, in a batch of two. A method with memories has moved them afterwards.
 */
export function methodSizeOf(
  distillation: Distillation,
  student: Model,
  teacher?: Model,
): { readonly methodParameters: number; readonly methodMultiplyAdds?: number } {
  const multiplyAdds = tf.tidy(() => {
    const images = tf.zeros<tf.Rank.R4>([2, student.imageSize, student.imageSize, 3]);
    const output = student.forward(images, { mode: 'eval' });
    const teacherOutput = teacher?.forward(images, { mode: 'eval' });
    const labels = tf.zeros<tf.Rank.R1>([2], 'int32');
    return multiplyAddsOf(() =>
      distillation.loss({
        student: output,
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

/** Median milliseconds of a forward pass of one image; some passes warm up. */
function latencyOf(model: Model): number {
  const image = tf.zeros<tf.Rank.R4>([1, model.imageSize, model.imageSize, 3]);
  try {
    const times = Array.from({ length: 25 }, () => {
      const started = performance.now();
      tf.tidy(() => model.forward(image, { mode: 'eval' }).logits.dataSync());
      return performance.now() - started;
    }).slice(5);
    return median(times);
  } finally {
    image.dispose();
  }
}
