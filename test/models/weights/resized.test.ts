import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { disposeModule } from '../../../lib/models/parameter';
import { resized, resizeImages } from '../../../lib/models/weights/resized';
import { createModel } from '../../../lib/models/zoo';
import * as tf from '../../../lib/tensor/engine/tf';
import { Random } from '../../../lib/tensor/random';
import { resampleGrid, type ResamplingFilter } from '../../../lib/tensor/resampling';
import { expectClose } from '../../support/close';
import { expectNoLeak } from '../../support/leaks';

const filters: readonly ResamplingFilter[] = ['bilinear', 'bicubic'];
const vit = createModel('vit_64', { classes: 5, imageSize: 48 }, new Random(1));
after(() => disposeModule(vit));

const noise = (...shape: [number, number, number, number]): tf.Tensor4D => tf.randomNormal(shape, 0, 1, 'float32', 3);

test('resizes each image as the resampling of arrays does, larger and smaller', () => {
  for (const filter of filters) {
    for (const [height, width, size] of [
      [8, 8, 20],
      [7, 9, 5],
      [4, 6, 6],
    ] as const) {
      tf.tidy(() => {
        const images = noise(2, height, width, 3);
        const actual = resizeImages(images, size, filter);
        assert.deepEqual(actual.shape, [2, size, size, 3]);
        for (const [i, image] of tf.unstack(images).entries()) {
          const values = Float32Array.from(image.dataSync());
          const expected = resampleGrid(values, [height, width, 3], [size, size], filter);
          expectClose(tf.gather(actual, i), tf.tensor(expected, [size, size, 3]), { relative: 1e-5, absolute: 1e-6 });
        }
      });
    }
  }
});

test('keeps constant images, linear ramps inside, and images of the right size', () => {
  tf.tidy(() => {
    for (const filter of filters) {
      const constant = resizeImages(tf.fill([1, 5, 5, 3], 0.7), 13, filter);
      expectClose(constant, tf.fill([1, 13, 13, 3], 0.7), { relative: 1e-6, absolute: 1e-6 });
      const ramp = tf.tile<tf.Tensor4D>(tf.reshape(tf.range(0, 16), [1, 1, 16, 1]), [1, 16, 1, 1]);
      const twice = resizeImages(ramp, 32, filter).dataSync().slice(8, 24);
      twice.forEach((value, i) => assert.ok(Math.abs(value - ((8 + i + 0.5) / 2 - 0.5)) < 1e-4, `${filter} ${i}`));
    }
    const images = noise(1, 6, 6, 3);
    assert.equal(resizeImages(images, 6, 'bicubic'), images);
  });
});

test('a resized network takes images of the other size and computes on resized ones', () => {
  const small = resized(vit, 32, 'bicubic');
  assert.equal(small.imageSize, 32);
  assert.equal(vit.imageSize, 48);
  const images = noise(2, 32, 32, 3);
  tf.tidy(() => {
    const expected = vit.forward(resizeImages(images, 48, 'bicubic'), { mode: 'eval' });
    const actual = small.forward(images, { mode: 'eval' });
    assert.deepEqual(actual.logits.dataSync(), expected.logits.dataSync());
    assert.deepEqual(actual.pooled.dataSync(), expected.pooled.dataSync());
  });
  expectNoLeak(() => tf.tidy(() => small.forward(images, { mode: 'eval' }).logits));
  images.dispose();
});
