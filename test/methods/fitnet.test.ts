import { test } from 'node:test';
import { methodNamed } from '../../lib/methods/methods';
import type { Feature, Model, Output, StageShape } from '../../lib/models/model';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';

/**
 * Cases by hand, because no reference pairs networks of different families: FitNet of stage 1, with the weights of its
 * 1 × 1 convolution.
 */
interface Case {
  readonly student: readonly [StageShape, Feature];
  readonly teacher: readonly [StageShape, Feature];
  readonly weights: number[];
  readonly loss: number;
  /** With respect to the weights. */
  readonly gradient: number[];
}

const tokens = (channels: number, grid: number, classToken: boolean): StageShape => ({
  kind: 'tokens',
  channels,
  grid,
  classToken,
});
const spatial = (channels: number, size: number): StageShape => ({ kind: 'spatial', channels, size });
/** Σ v² of the grid 0 1 / 2 3, resized from 2 × 2 to 4 × 4. Its values are sums of 0 ¼ ¾ 1 and 0 ½ 1½ 2. */
const squares = [0, 0.5, 1.5, 2]
  .flatMap((row) => [0, 0.25, 0.75, 1].map((column) => (row + column) ** 2))
  .reduce((a, b) => a + b);

const cases: Readonly<Record<string, Case>> = {
  'tokens with a class token learn from a larger grid': {
    student: [tokens(1, 2, true), tf.tensor3d([100, 0, 1, 2, 3], [1, 5, 1])],
    teacher: [spatial(2, 4), tf.zeros<tf.Rank.R4>([1, 4, 4, 2])],
    weights: [2, -1],
    loss: (5 * squares) / 32,
    gradient: [(2 * 2 * squares) / 32, (-2 * squares) / 32],
  },
  'a grid learns from fewer tokens: the means of 2 × 2 places': {
    student: [
      spatial(1, 4),
      tf.tensor4d(
        Float32Array.from({ length: 16 }, (_, i) => i),
        [1, 4, 4, 1],
      ),
    ],
    teacher: [tokens(1, 2, true), tf.tensor3d([-50, 2.5, 4.5, 10.5, 10.5], [1, 5, 1])],
    weights: [1],
    // The means are 2.5, 4.5, 10.5, 12.5: the last is 2 off.
    loss: 1,
    gradient: [(2 * 2 * 12.5) / 4],
  },
  'equal grids, channels mixed, two examples': {
    student: [spatial(2, 1), tf.tensor4d([1, 2, 3, -1], [2, 1, 1, 2])],
    teacher: [spatial(1, 1), tf.tensor4d([0, 1], [2, 1, 1, 1])],
    weights: [0.5, 1],
    // 0.5 + 2 = 2.5 and 1.5 − 1 = 0.5: 2.5² and (−0.5)², their mean.
    loss: 3.25,
    gradient: [2.5 * 1 - 0.5 * 3, 2.5 * 2 - 0.5 * -1],
  },
};

for (const [name, { student, teacher, weights, loss, gradient }] of Object.entries(cases)) {
  test(name, () => {
    const [from, to] = [network(student[0]), network(teacher[0])];
    const method = methodNamed('fitnet');
    const { modules, loss: lossOf } = method.create(method.options.parse({ stages: [1] }), {
      student: from,
      teacher: to,
      examples: 2,
      labels: [0, 1],
      random: new Random(0),
    });
    const [, { variable }] = parameters(modules)[0]!;
    tf.tidy(() => variable.assign(tf.tensor(weights, variable.shape)));
    const { value, grads } = tf.variableGrads(
      () =>
        lossOf({
          student: output(student[1]),
          teacher: output(teacher[1]),
          labels: tf.tensor1d([0, 1], 'int32'),
          indices: Uint32Array.of(0, 1),
          mode: 'train',
        }).stage1!,
      [variable],
    );
    expectClose(value, loss);
    expectClose(tf.reshape(grads[variable.name]!, [-1]), gradient);
    for (const module of [modules, from, to]) disposeModule(module);
  });
}

/** A network whose first stage has this shape. */
function network(shape: StageShape): Model {
  const model = createModel('mixer_64', { classes: 2, imageSize: 32 }, new Random(0));
  return Object.assign(model, { stageShapes: [shape, shape, shape, shape] });
}

function output(feature: Feature): Output {
  return { logits: tf.zeros([2, 2]), pooled: tf.zeros([2, 2]), stages: [feature, feature, feature, feature] };
}
