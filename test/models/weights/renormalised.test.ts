import { test } from 'node:test';
import { renormalised } from '../../../lib/models/weights/renormalised';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose } from '../../support/close';
import { expectNoLeak } from '../../support/leaks';
import { tinyNetworks } from '../tinyNetworks';

const raw = tf.randomUniform<tf.Rank.R4>([3, 20, 20, 3], 0, 1, 'float32', 5);
const given = { mean: [0.5, 0.45, 0.4], std: [0.27, 0.25, 0.28] } as const;
const own = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.5] } as const;

function normalise({ mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] }): tf.Tensor4D {
  return tf.tidy(() => tf.div(tf.sub(raw, tf.tensor1d([...mean])), tf.tensor1d([...std])));
}

test('gives the same logits and stages for images with another normalisation', () => {
  const network = tinyNetworks['mlpMixer']!();
  const [theirs, ours] = [normalise(given), normalise(own)];
  const expected = network.forward(ours, { mode: 'eval' });
  const actual = renormalised(network, given, own).forward(theirs, { mode: 'eval' });
  expectClose(actual.logits, expected.logits, { relative: 1e-4, absolute: 1e-5 });
  expectClose(actual.stages[1], expected.stages[1], { relative: 1e-4, absolute: 1e-5 });
  expectNoLeak(() => tf.tidy(() => renormalised(network, given, own).forward(theirs, { mode: 'eval' }).logits));
});
