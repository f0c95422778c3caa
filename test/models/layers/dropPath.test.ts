import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { blockDrop, constantSchedule, linearSchedule, type Drop } from '../../../lib/models/layers/dropPath';
import type { Model, Pass } from '../../../lib/models/model';
import { MixerBlock } from '../../../lib/models/networks/mlpMixer';
import { disposeModule, parameters } from '../../../lib/models/parameter';
import { BasicBlock } from '../../../lib/models/networks/resnet';
import { TransformerBlock } from '../../../lib/models/networks/visionTransformer';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose } from '../../support/close';
import { expectGradients } from '../../support/gradient';
import { expectNoLeak } from '../../support/leaks';
import { tinyNetworks } from '../tinyNetworks';

const three = ['a', 'b', 'c'];

function training(rate: number, seed = 5): Pass {
  return { mode: 'train', dropPath: { rate, draw: (make) => make({ random: new Random(seed) }) } };
}

/** The drop of the last of three blocks: 40 % of the examples, always the same. */
function dropping(): Drop {
  return blockDrop(training(0.4), three, 'c')!;
}

/** The factors of the examples for the first and the second residual of a block. */
function factors(batch: number): [tf.Tensor, tf.Tensor] {
  const drop = dropping();
  return [drop(tf.ones([batch])), drop(tf.ones([batch]))];
}

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

test('drops a residual or scales it up so that the mean stays, and equal seeds drop the same examples', () => {
  tf.tidy(() => {
    const x = tf.randomNormal<tf.Rank.R3>([4000, 3, 2], 0, 1, 'float32', 1);
    const dropped = dropping()(x);
    const kept = tf.notEqual(tf.slice(dropped, [0, 0, 0], [4000, 1, 1]), 0);
    expectClose(dropped, tf.mul(x, tf.div(tf.cast(kept, 'float32'), 0.6)));
    const share = tf.mean(tf.cast(kept, 'float32')).dataSync()[0]!;
    assert.ok(Math.abs(share - 0.6) < 0.03, `${share} are kept`);
    expectClose(dropping()(x), dropped, { relative: 0, absolute: 0 });
    assert.notDeepEqual(blockDrop(training(0.4, 6), three, 'c')!(x).dataSync(), dropped.dataSync());
  });
});

test('rates follow their schedule, and nothing is dropped in eval mode or without dropPath', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((index) => linearSchedule(index, 5)),
    [0, 0.25, 0.5, 0.75, 1],
  );
  assert.equal(linearSchedule(0, 1), 0);
  assert.equal(blockDrop(training(0.4), three, 'a'), undefined);
  assert.notEqual(blockDrop(training(0.4), three, 'a', constantSchedule), undefined);
  assert.equal(blockDrop(training(0), three, 'c'), undefined);
  assert.equal(blockDrop({ ...training(0.4), mode: 'eval' }, three, 'c'), undefined);
  assert.equal(blockDrop({ mode: 'train' }, three, 'c'), undefined);
});

test('a transformer block drops each of its two residuals separately, with kernels and without', () => {
  const block = new TransformerBlock(16, 2, 1e-6, new Random(1));
  const x = tf.randomNormal<tf.Rank.R3>([6, 5, 16], 0, 1, 'float32', 2);
  for (const kernels of ['on', 'off']) {
    process.env['OFA_KERNELS'] = kernels;
    tf.tidy(() => {
      const [first, second] = factors(6).map((factor) => tf.reshape(factor, [6, 1, 1])) as [tf.Tensor, tf.Tensor];
      const attended = tf.add<tf.Tensor3D>(x, tf.mul(first, block.attn.apply(block.norm1.apply(x))));
      expectClose(
        block.apply(x, dropping()),
        tf.add(attended, tf.mul(second, block.mlp.apply(block.norm2.apply(attended)))),
      );
    });
  }
  expectGradients((input) => block.apply(input as tf.Tensor3D, dropping()), [x], { tolerance: 5e-3, probes: 24 });
  expectNoLeak(() => tf.tidy(() => block.apply(x, dropping())));
  x.dispose();
  disposeModule(block);
});

test('a Mixer block without its kernel gives the same output if nothing is dropped', () => {
  const block = new MixerBlock(8, 16, new Random(1));
  const x = tf.randomNormal<tf.Rank.R3>([3, 8, 16], 0, 1, 'float32', 2);
  tf.tidy(() =>
    expectClose(
      block.apply(x, (residual) => residual),
      block.apply(x),
      { absolute: 1e-5 },
    ),
  );
  expectGradients((input) => block.apply(input as tf.Tensor3D, dropping()), [x], { tolerance: 5e-3, probes: 24 });
  x.dispose();
  disposeModule(block);
});

test('a block of ResNet drops its residual before the last ReLU', () => {
  const block = new BasicBlock(4, 4, 1, false, new Random(1));
  const x = tf.randomNormal<tf.Rank.R4>([6, 5, 5, 4], 0, 1, 'float32', 2);
  tf.tidy(() => {
    const added = block.bn2.apply(
      block.conv2.apply(block.bn1.apply(block.conv1.apply(x), 'train', { activation: 'relu' })),
      'train',
    );
    const [factor] = factors(6);
    expectClose(
      block.apply(x, 'train', dropping()),
      tf.relu(tf.add(x, tf.mul(added, tf.reshape(factor, [6, 1, 1, 1])))),
    );
  });
  x.dispose();
  disposeModule(block);
});

for (const [name, make] of Object.entries(tinyNetworks)) {
  test(`${name}: training drops blocks by the seed, evaluation drops none, and gradients are finite`, () => {
    const model = make();
    const images = tf.randomNormal<tf.Rank.R4>([6, model.imageSize, model.imageSize, 3], 0, 1, 'float32', 3);
    const stage = (pass: Pass): Float32Array =>
      tf.tidy(() => model.forward(images, pass).stages[3].dataSync<'float32'>().slice());
    setScalesToOne(model);
    const without = stage({ mode: 'train' });
    assert.deepEqual(stage(training(0)), without);
    assert.notDeepEqual(stage(training(0.6)), without);
    assert.deepEqual(stage(training(0.6)), stage(training(0.6)));
    const plain = stage({ mode: 'eval' });
    assert.deepEqual(stage({ ...training(0.6), mode: 'eval' }), plain);
    const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(model.forward(images, training(0.5)).stages[3])));
    for (const grad of Object.values(grads)) assert.ok(grad.dataSync<'float32'>().every(Number.isFinite));
    tf.dispose([value, grads, images]);
    disposeModule(model);
  });
}

/** Sets all scales to 1, because with initial scales of 0 the blocks of some networks add nothing. */
function setScalesToOne(model: Model): void {
  for (const [path, { value, variable }] of parameters(model)) {
    if (/(weight|gamma|ls1|ls2)$/.test(path) && value.rank === 1) tf.tidy(() => variable.assign(tf.onesLike(value)));
  }
}
