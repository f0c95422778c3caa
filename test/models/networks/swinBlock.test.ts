import { afterEach, test } from 'node:test';
import { disposeModule, parameters, setPrecision } from '../../../lib/models/parameter';
import { SwinBlock, type SwinBlockOptions } from '../../../lib/models/networks/swinBlock';
import type { Precision } from '../../../lib/tensor/engine/execute';
import { hasKernels } from '../../../lib/tensor/engine/native';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose, largest } from '../../support/close';
import { expectNoLeak } from '../../support/leaks';

/**
 * Grids that are and are not a multiple of the window, with and without a shift, and a grid smaller than the window.
 */
const blocks: Readonly<Record<string, readonly [width: number, options: SwinBlockOptions]>> = {
  'plain windows': [16, { heads: 2, window: 3, grid: 6, shifted: false }],
  'shifted windows': [16, { heads: 1, window: 3, grid: 6, shifted: true }],
  'shifted windows, the last of them filled': [24, { heads: 3, window: 4, grid: 10, shifted: true }],
  'windows of 7, wider than a panel': [96, { heads: 3, window: 7, grid: 14, shifted: true }],
  'one window': [32, { heads: 4, window: 7, grid: 3, shifted: true }],
};

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

for (const [name, [width, options]] of Object.entries(blocks)) {
  for (const [precision, tolerance] of [
    ['float32', 1e-5],
    ['bfloat16', 0.02],
  ] as const satisfies readonly (readonly [Precision, number])[]) {
    test(
      `Swin block of ${name}: one op equals its layers one by one, in ${precision}`,
      { skip: !hasKernels() && 'no kernels here' },
      () => {
        const block = new SwinBlock(width, options, new Random(3).fork(name));
        // New blocks have zero biases and unit scales.
        for (const [path, { variable }] of parameters(block)) {
          tf.tidy(() => {
            variable.assign(tf.add(variable, tf.randomNormal(variable.shape, 0, 0.1, 'float32', 1 + path.length)));
          });
        }
        const x = tf.randomNormal<tf.Rank.R4>([2, options.grid, options.grid, width], 0, 1, 'float32', 5);
        setPrecision(block, precision);
        const fused = tf.tidy(() => block.apply(x));
        expectNoLeak(() => tf.tidy(() => block.apply(x)));
        setPrecision(block, 'float32');
        process.env['OFA_KERNELS'] = 'off';
        const layered = tf.tidy(() => block.apply(x));
        expectClose(fused, layered, { relative: 0, absolute: tolerance * Math.max(largest(layered), 1) }, 'y');
        tf.dispose([x, fused, layered]);
        disposeModule(block);
      },
    );
  }
}
