import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conv2d, Linear } from '../../lib/models/layers';
import { disposeModule } from '../../lib/models/parameter';
import { Random } from '../../lib/tensor/random';

type Layer = Conv2d | Linear;

/** Mean, deviation and largest size of a layer's fresh weights. */
function spread(layer: Layer): readonly [mean: number, deviation: number, most: number] {
  const values = Array.from(layer.weight.value.dataSync());
  disposeModule(layer);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length), values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)];
}

// Deviations as timm's networks have them; of a normal distribution that is cut at two, 0.8796 of it is left.
const cases: readonly (readonly [name: string, make: () => Layer, deviation: number, most: number])[] = [
  ['convolution: He et al. by fan-out', () => new Conv2d(32, 128, { kernel: 3 }, new Random(1)), Math.sqrt(2 / (9 * 128)), Infinity],
  ['depthwise convolution: one filter a channel is the fan-out', () => new Conv2d(2048, 2048, { kernel: 3, depthwise: true }, new Random(1)), Math.sqrt(2 / 9), Infinity],
  ['convolution of patches', () => new Conv2d(32, 128, { kernel: 3, start: 'truncatedNormal' }, new Random(1)), 0.02 * 0.8796, 0.04],
  ['linear: transformers\'', () => new Linear(128, 256, new Random(1), { start: 'truncatedNormal' }), 0.02 * 0.8796, 0.04],
  ['linear: Xavier', () => new Linear(128, 256, new Random(1), { start: 'xavierUniform' }), Math.sqrt(2 / 384), Math.sqrt(6 / 384)],
  ['linear: PyTorch\'s default', () => new Linear(128, 256, new Random(1), { start: 'fanInUniform' }), Math.sqrt(1 / 128 / 3), Math.sqrt(1 / 128)],
];

for (const [name, make, deviation, most] of cases) {
  test(`fresh weights, ${name}`, () => {
    const [mean, found, largest] = spread(make());
    assert.ok(Math.abs(mean) < 0.05 * deviation && Math.abs(found / deviation - 1) < 0.03 && largest <= most * (1 + 1e-6), `${mean}, ${found} for ${deviation}, at most ${largest}`);
  });
}
