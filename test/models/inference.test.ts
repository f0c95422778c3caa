import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { logitsInference, type Inference } from '../../lib/models/inference';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { isNative, nativeBackend, type FunctionBuilder } from '../../lib/tensor/engine/native';
import * as tf from '../../lib/tensor/engine/tf';
import { watchedBinding } from '../../lib/tensor/engine/watchedBinding';
import { Random } from '../../lib/tensor/random';
import { expectClose } from '../support/close';

const needsEngine = { skip: isNative() ? false : 'needs the native engine' };

for (const name of ['resnet_16', 'vit_64', 'mixer_64', 'swin_pico_patch4_window7_224', 'mobilenetv2_100']) {
  test(`a compiled forward pass follows images and weights: ${name}`, needsEngine, () => {
    const imageSize = /_224|mobile/.test(name) ? 224 : 32;
    const model = createModel(name, { classes: 5, imageSize }, new Random(1));
    const [compiled, eager] = [logitsInference(model, 'graph'), logitsInference(model, 'off')];
    const logits = (inference: Inference, images: tf.Tensor4D): tf.Tensor => inference.run(images)[0]!;
    const start = tf.memory().numTensors;
    for (const scale of [1, 2, 3]) {
      tf.tidy(() => {
        const images = tf.mul<tf.Tensor4D>(tf.randomNormal([2, imageSize, imageSize, 3], 0, 1, 'float32', 1), scale);
        expectClose(logits(compiled, images), logits(eager, images), { relative: 1e-4, absolute: 1e-5 });
      });
      tf.tidy(() => {
        for (const [, { variable }] of parameters(model)) variable.assign(tf.mul(variable, 0.9));
      });
    }
    assert.equal(tf.memory().numTensors, start);
    compiled.dispose();
    disposeModule(model);
  });
}

test('frees its compiled functions', needsEngine, (context) => {
  const { defined, removed } = watchedFunctions(context);
  const model = createModel('mixer_64', { classes: 5, imageSize: 32 }, new Random(1));
  const inference = logitsInference(model, 'graph');
  for (const batch of [2, 3]) {
    tf.tidy(() => {
      for (let call = 0; call < 2; call++) inference.run(tf.zeros([batch, 32, 32, 3]));
    });
  }
  inference.dispose();
  disposeModule(model);
  assert.equal(defined.length, 2, 'one function for each batch size');
  assert.deepEqual(removed, defined);
});

/** The names of the functions that are defined and removed until the end of the test. */
function watchedFunctions(context: TestContext): Readonly<Record<'defined' | 'removed', readonly string[]>> {
  const backend = nativeBackend()!;
  const { binding } = backend;
  const builder = binding.functions!;
  const defined: string[] = [];
  const removed: string[] = [];
  const functions: FunctionBuilder = {
    newGraph: builder.newGraph,
    addInput: builder.addInput,
    addConstant: builder.addConstant,
    addOp: builder.addOp,
    define(graph, name, results) {
      defined.push(name);
      builder.define(graph, name, results);
    },
    remove(name) {
      removed.push(name);
      builder.remove(name);
    },
  };
  backend.binding = watchedBinding(binding, { functions });
  context.after(() => {
    backend.binding = binding;
  });
  return { defined, removed };
}
