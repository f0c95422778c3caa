import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createExitBranch } from '../../lib/models/branches/createExitBranch';
import { Conv2d } from '../../lib/models/layers/conv2d';
import { Linear } from '../../lib/models/layers/linear';
import { disposeModule, parameters, type Parameter } from '../../lib/models/parameter';
import { Random } from '../../lib/tensor/random';

type Layer = Readonly<Record<'weight', Parameter>>;

/** Mean, std and largest magnitude of a layer's initial weights. */
function spread(layer: Layer): readonly [mean: number, deviation: number, most: number] {
  const values = Array.from(layer.weight.value.dataSync());
  disposeModule(layer);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [
    mean,
    Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length),
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  ];
}

/** A depthwise convolution of the exit branch at stage 3 of a student with this number of channels there. */
function branchDepthwise(channels: number, place: 0 | 4): Layer {
  const branch = createExitBranch(
    {
      stage: 3,
      shape: { kind: 'spatial', channels, size: 4 },
      widthStudent: 16,
      widthTeacher: 16,
      classes: 2,
      finalGrid: 1,
    },
    new Random(1),
  );
  return { weight: new Map(parameters(branch)).get(`body.0.op.${place}.weight`)! };
}

// Standard deviations as in timm's networks and PyTorch's defaults.
const cases: readonly (readonly [name: string, make: () => Layer, deviation: number, most: number])[] = [
  [
    'convolution: He et al. by fan-out',
    () => new Conv2d(32, 128, { filterSize: 3 }, new Random(1)),
    Math.sqrt(2 / (9 * 128)),
    Infinity,
  ],
  [
    'depthwise convolution: one filter a channel is the fan-out',
    () => new Conv2d(2048, 2048, { filterSize: 3, depthwise: true }, new Random(1)),
    Math.sqrt(2 / 9),
    Infinity,
  ],
  [
    "first depthwise convolution of an exit branch: all of PyTorch's fan-out",
    () => branchDepthwise(256, 0),
    Math.sqrt(2 / (9 * 256)),
    Infinity,
  ],
  ['second depthwise convolution of an exit branch', () => branchDepthwise(256, 4), Math.sqrt(2 / (9 * 256)), Infinity],
  [
    'convolution of patches',
    () => new Conv2d(32, 128, { filterSize: 3, init: 'normal' }, new Random(1)),
    0.02,
    Infinity,
  ],
  ['linear: the default, as in transformers', () => new Linear(128, 256, new Random(1)), 0.02, Infinity],
  [
    'linear: Xavier',
    () => new Linear(128, 256, new Random(1), { init: 'xavierUniform' }),
    Math.sqrt(2 / 384),
    Math.sqrt(6 / 384),
  ],
  [
    "linear: PyTorch's default",
    () => new Linear(128, 256, new Random(1), { init: 'fanInUniform' }),
    Math.sqrt(1 / 128 / 3),
    Math.sqrt(1 / 128),
  ],
];

for (const [name, make, deviation, most] of cases) {
  test(`initial weights, ${name}`, () => {
    const [mean, found, largest] = spread(make());
    assert.ok(
      Math.abs(mean) < 0.05 * deviation && Math.abs(found / deviation - 1) < 0.03 && largest <= most * (1 + 1e-6),
      `${mean}, ${found} for ${deviation}, at most ${largest}`,
    );
  });
}
