import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { UserError } from '../../lib/errors';
import { assignStored, torchShape } from '../../lib/models/weights/layout';
import type { Model, StageShape } from '../../lib/models/model';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { parameter } from '../../lib/reference/fill';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest } from '../support/close';
import { expectNoLeak } from '../support/leaks';
import { tinyNetworks } from './tinyNetworks';

const random = new Random(7);
const made: Model[] = [];
after(() => made.forEach(disposeModule));

function imagesFor({ imageSize }: Model, count: number): tf.Tensor4D {
  const shape: [number, number, number, number] = [count, imageSize, imageSize, 3];
  return tf.tensor4d(
    Float32Array.from({ length: count * imageSize * imageSize * 3 }, () => random.normal()),
    shape,
  );
}

/** Replaces the zeros and small scales of initial weights, so that every part affects the output. */
function stir(model: Model): Model {
  for (const [name, target] of parameters(model)) {
    const shape = torchShape(target);
    assignStored(target, parameter(name, shape));
  }
  return model;
}

for (const [name, make] of Object.entries(tinyNetworks)) {
  const model = make();
  const stirred = stir(make());
  made.push(model, stirred);

  test(`${name}: features have the stated shapes, and tap gets the blocks by name and in order`, () => {
    const images = imagesFor(model, 2);
    const tapped: string[] = [];
    tf.tidy(() => {
      const { logits, stages, pooled } = model.forward(images, { mode: 'eval', tap: (block) => tapped.push(block) });
      assert.deepEqual(logits.shape, [2, 5]);
      assert.deepEqual(pooled.shape, [2, model.width]);
      assert.deepEqual(
        stages.map(({ shape }) => shape),
        model.stageShapes.map((stage) => [2, ...sizes(stage)]),
      );
    });
    assert.deepEqual(tapped, model.blockNames);
    images.dispose();
  });

  test(`${name}: in eval mode the output of an image does not depend on the rest of the batch`, () => {
    const images = imagesFor(stirred, 3);
    tf.tidy(() => {
      const together = stirred.forward(images, { mode: 'eval' });
      const turned = stirred.forward(tf.reverse(images, 0), { mode: 'eval' });
      expectClose(tf.reverse(turned.logits, 0), together.logits, {
        relative: 1e-4,
        absolute: 1e-5 * largest(together.logits),
      });
      const spread = tf
        .max(tf.abs(tf.sub(tf.slice(together.logits, 0, 1), tf.slice(together.logits, 1, 1))))
        .dataSync()[0]!;
      assert.ok(spread > 1e-4 * largest(together.logits), 'different images give different logits');
    });
    images.dispose();
  });

  test(`${name}: every trained parameter has a gradient that matches the change of the loss along it`, () => {
    const images = imagesFor(stirred, 4);
    const trained = parameters(stirred).filter(([, { trainable }]) => trainable);
    const loss = (): tf.Scalar => tf.mean(tf.square(stirred.forward(images, { mode: 'eval' }).logits));
    const { value, grads } = tf.variableGrads(
      loss,
      trained.map(([, { variable }]) => variable),
    );
    const slopes = trained.map(([path, { variable }]): [string, tf.Tensor] => [path, grads[variable.name]!]);
    for (const [path, slope] of slopes) {
      assert.ok(largest(slope) > 0, `${path} has a gradient`);
      assert.ok(Number.isFinite(largest(slope)), `${path} has a finite gradient`);
    }
    // A small step along the gradient changes the loss by the step times the squared norm of the gradient.
    const probed = slopes
      .filter(([path]) => /bias|table|cls_token|gamma|ls1|alpha/.test(path))
      .filter((_, i) => i % 5 === 0);
    for (const [path, slope] of probed) {
      const { variable } = trained.find(([other]) => other === path)![1];
      const centre = tf.clone<tf.Tensor>(variable);
      const squared = slope.dataSync<'float32'>().reduce((sum: number, x: number) => sum + x * x, 0);
      const step = 0.02 / Math.sqrt(squared);
      const at = (t: number): number =>
        tf.tidy(() => {
          variable.assign(tf.add(centre, tf.mul(slope, t)));
          return loss().dataSync()[0]!;
        });
      const slopeThere = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
      expectClose(
        slopeThere,
        squared,
        { relative: 0.05, absolute: (1e-4 * value.dataSync()[0]!) / step },
        `${path}: along its gradient`,
      );
      variable.assign(centre);
      centre.dispose();
    }
    tf.dispose([value, grads, images]);
  });

  test(`${name}: a forward pass leaks no tensors, and disposing frees everything`, () => {
    const images = imagesFor(model, 2);
    for (const mode of ['eval', 'train'] as const) {
      expectNoLeak(
        () =>
          tf.tidy(() => {
            const { logits, pooled } = model.forward(images, { mode });
            return [logits, pooled];
          }),
        mode,
      );
    }
    images.dispose();
    const before = tf.memory().numTensors;
    disposeModule(make());
    assert.equal(tf.memory().numTensors, before);
  });
}

test('networks of tokens reject images of another size', () => {
  for (const name of ['vit', 'swin', 'mixer', 'resmlp']) {
    const model = made.find((each) => each.name === name)!;
    assert.throws(
      () =>
        tf.tidy(() => model.forward(tf.zeros([1, 2 * model.imageSize, model.imageSize, 3]), { mode: 'eval' }).logits),
      (error) => error instanceof UserError && /was created for images of \d+ × \d+ pixels and got/.test(error.message),
      name,
    );
  }
});

test('equal seeds give equal weights, other seeds other weights', () => {
  const [a, b, c] = [1, 1, 2].map((seed) => tinyNetworks['convNeXt']!(5, seed));
  const first = (model: Model): Float32Array =>
    parameters(model)
      .find(([path]) => path === 'stem.0.weight')![1]
      .value.dataSync<'float32'>();
  assert.deepEqual(first(a!), first(b!));
  assert.notDeepEqual(first(a!), first(c!));
  made.push(a!, b!, c!);
});

test('a block of ResNet starts as the identity', () => {
  const model = tinyNetworks['bottleneckResNet']!();
  made.push(model);
  const zero = parameters(model).filter(([path]) => path.endsWith('bn3.weight'));
  assert.equal(zero.length, 4);
  for (const [, { value }] of zero) assert.equal(largest(value), 0);
});

test('rejects unknown names, class counts and image sizes that no network can have', () => {
  const rejects = (name: string, options: { classes: number; imageSize?: number }, message: RegExp): void => {
    assert.throws(
      () => createModel(name, options, new Random(1)),
      (error) => error instanceof UserError && message.test(error.message),
      name,
    );
  };
  rejects('resnet81', { classes: 10 }, /resnet18/);
  rejects('resnet18', { classes: 0 }, /number of classes .* it is 0/);
  rejects('resnet18', { classes: 2.5 }, /positive integer/);
  rejects('vit_small_patch16_224', { classes: 10, imageSize: 225 }, /not a multiple.*224 or 240/);
  rejects('swin_tiny_patch4_window7_224', { classes: 10, imageSize: 30 }, /28 or 32/);
  rejects('mixer_b16_224', { classes: 10, imageSize: 9 }, /16 or 16|Choose 16/);
  rejects('convnext_tiny', { classes: 10, imageSize: 31 }, /at least 32/);
});

function sizes(stage: StageShape): number[] {
  return stage.kind === 'spatial'
    ? [stage.size, stage.size, stage.channels]
    : [stage.grid ** 2 + (stage.classToken ? 1 : 0), stage.channels];
}
