import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BatchNorm2d,
  checkNetwork,
  Conv2d,
  defineNetwork,
  globalAveragePool,
  LayerNorm,
  Linear,
  tf,
  type Network,
} from '../../../lib/models/index';
import type { Mode, Pass } from '../../../lib/models/model';
import type { NetworkDefinition, NetworkParts } from '../../../lib/models/own/defineNetwork';
import { Parameter } from '../../../lib/models/parameter';
import { expectNoLeakAsync } from '../../support/leaks';
import { convMixer } from './convMixer';

type Parts = NetworkParts & { readonly modules: { embed: Linear; blocks: Linear[]; norm: LayerNorm; head: Linear } };

/** A right network: 4 × 4 patches as tokens, and four linear blocks. */
const create = ({ classes }: { classes: number }, random: Parameters<NetworkDefinition['create']>[1]): Parts => {
  const embed = new Linear(48, 6, random.fork('embed'), { init: 'fanInUniform' });
  const blocks = [0, 1, 2, 3].map((i) => new Linear(6, 6, random.fork(`block ${i}`), { init: 'fanInUniform' }));
  const norm = new LayerNorm(6, 1e-6);
  const head = new Linear(6, classes, random.fork('head'), { init: 'zeros' });
  return {
    modules: { embed, blocks, norm, head },
    forward: (images) => {
      const patches = tf.transpose(tf.reshape(images, [-1, 2, 4, 2, 4, 3]), [0, 1, 3, 2, 4, 5]);
      const a = blocks[0]!.apply(embed.apply(tf.reshape<tf.Rank.R3>(patches, [-1, 4, 48])));
      const b = blocks[1]!.apply(tf.relu(a));
      const c = blocks[2]!.apply(tf.relu(b));
      const d = blocks[3]!.apply(tf.relu(c));
      const pooled = tf.mean<tf.Tensor2D>(norm.apply(d), 1);
      return { logits: head.apply(pooled), stages: [a, b, c, d], pooled };
    },
  };
};

function variant(change: (parts: Parts) => Partial<NetworkParts>): Network {
  return defineNetwork({
    name: 'mine',
    family: 'mlp',
    imageSize: 8,
    create: (size, random) => {
      const parts = create(size, random);
      return { ...parts, ...change(parts) };
    },
  });
}

/** Asserts that the check finds exactly these errors. */
async function finds(change: (parts: Parts) => Partial<NetworkParts>, ...expected: readonly RegExp[]): Promise<void> {
  const { errors } = await checkNetwork(variant(change), { classes: 3 });
  assert.equal(errors.length, expected.length, errors.join('\n'));
  expected.forEach((each, i) => assert.match(errors[i]!, each));
}

test('finds nothing wrong with a ConvMixer and with a network of tokens, and leaves no tensor', async () => {
  await checkNetwork(convMixer);
  await expectNoLeakAsync(async () => {
    const report = await checkNetwork(convMixer, { classes: 7 });
    assert.deepEqual(report.errors, []);
    assert.deepEqual(report.stages, Array(4).fill('8 × 8 × 16'));
    assert.deepEqual(report.blocks, ['blocks.0', 'blocks.1', 'blocks.2', 'blocks.3']);
    assert.equal(report.width, 16);
    return [];
  });
  const tokens = await checkNetwork(
    variant(() => ({})),
    { classes: 3 },
  );
  assert.deepEqual(tokens.errors, []);
  assert.deepEqual(tokens.stages, Array(4).fill('4 tokens × 6'));
  assert.deepEqual(tokens.blocks, ['stage1', 'stage2', 'stage3', 'stage4']);
  assert.equal(tokens.parameters, 48 * 6 + 6 + 4 * 42 + 12 + 6 * 3 + 3);
});

test('lists every wrong shape of the outputs with the expected one', async () => {
  const { errors } = await checkNetwork(
    variant(({ forward }) => ({
      forward: (images, pass) => {
        const { logits, stages, pooled } = forward(images, pass);
        const [a, b, c] = stages;
        const wide = tf.zeros<tf.Rank.R4>([2, 4, 2, 6]);
        const stagesOfThree = [
          tf.slice<tf.Rank.R3, tf.Tensor3D>(a as tf.Tensor3D, [0, 0, 0], [2, 3, 6]),
          wide,
          c,
          tf.mean<tf.Tensor3D>(b, 1),
        ] as const;
        return { logits: tf.concat([logits, logits], 1), stages: stagesOfThree, pooled: tf.tile(pooled, [2, 1]) };
      },
    })),
    { classes: 3 },
  );
  assert.equal(errors.length, 1);
  const lines = errors[0]!.split('\n').map((line) => line.trim());
  assert.match(lines[0]!, /mine has wrong outputs for 2 images of 8 px and 3 classes/);
  assert.match(lines[1]!, /^logits: \[2, 6\] instead of \[2, 3\]/);
  assert.match(lines[2]!, /^pooled: \[4, 6\] instead of \[2, width\]/);
  assert.match(lines[3]!, /^stage 1: \[2, 3, 6\] instead of .* or \[2, tokens, channels\] with size² tokens/);
  assert.match(lines[4]!, /^stage 2: \[2, 4, 2, 6\] instead of \[2, size, size, channels\]/);
  assert.match(lines[5]!, /^stage 4: \[2, 6\] instead of/);
  assert.equal(lines.length, 6);
});

test('reports code that throws with its place, and outputs that are missing', async () => {
  await finds(
    () => ({
      forward: () => {
        throw new TypeError('x is not a tensor');
      },
    }),
    /^Network mine failed in forward: x is not a tensor \(at .*checkNetwork\.test\.ts/,
  );
  await finds(
    // A JavaScript file can return this.
    () => JSON.parse('{"forward": null}') as Partial<NetworkParts>,
    /create must return \{ modules, forward \}/,
  );
  await finds(() => JSON.parse('{"modules": null}') as Partial<NetworkParts>, /create must return \{ modules, forward/);
  await finds(({ modules }) => ({ modules: { ...modules, width: modules.head } }), /has a layer named width/);
});

test('lists the fields of a definition that are missing or invalid', () => {
  const definition = { name: 'mine', family: 'mlp', imageSize: 8, create };
  // JavaScript files and notebook cells can pass these.
  const defined = (given: unknown): Network => defineNetwork(given as NetworkDefinition);
  assert.equal(defined(definition).name, 'mine');
  for (const [given, words] of [
    [undefined, /^UserError: defineNetwork: Required\. Give name/],
    [{ ...definition, name: undefined }, /name: Required/],
    [{ ...definition, family: 'rnn' }, /family: Invalid enum value.*'cnn' \| 'transformer' \| 'mlp'/],
    [{ ...definition, imageSize: '32', create: undefined }, /imageSize: Expected number.*; create: Required/],
    [{ ...definition, imageSize: 0 }, /imageSize: Number must be greater than 0 \(it is 0\)/],
  ] as const)
    assert.throws(() => defined(given), words);
});

test('finds weights that no gradient reaches, and weights outside of the modules', async () => {
  await finds(
    ({ modules }) => ({ modules: { ...modules, unused: new Parameter(tf.ones([2]), 'plain') } }),
    /^unused: no gradient reaches it/,
  );
  await finds(({ modules: { norm: _, ...modules } }) => ({ modules }), /^modules: 2 weights are outside of them/);
});

test('finds names that are used twice, and parameters with two names', async () => {
  await finds(
    ({ modules }) => ({ modules: { ...modules, again: modules.norm } }),
    /^again\.weight: the same parameter as norm\.weight/,
    /^again\.bias: the same parameter as norm\.bias/,
  );
  const one = (): Parameter => new Parameter(tf.ones([2]), 'plain');
  const { errors } = await checkNetwork(
    variant(({ modules }) => ({ modules: { ...modules, myScale: one(), my_scale: one() } })),
  );
  assert.ok(
    errors.some((error) => /^my_scale: two parameters have this name/.test(error)),
    errors.join('\n'),
  );
});

test('finds a classifier with another name, and other layers that depend on the number of classes', async () => {
  await finds(
    () => ({ headName: 'classifier' }),
    /^classifier: no classifier has this path/,
    /^head\.weight: its shape depends on the number of classes/,
    /^head\.bias: its shape depends/,
  );
});

test('finds evaluation that depends on the batch, on chance, or on the training mode', async () => {
  await finds(
    ({ forward }) => ({
      forward: (images, pass) => forward(tf.sub(images, tf.mean(images, 0, true)), pass),
    }),
    ...['logits', 'pooled', 'stage 1', 'stage 2', 'stage 3', 'stage 4'].map(
      (name) => new RegExp(`^${name}: at evaluation, the output of an image depends on the other images`),
    ),
  );
  await finds(
    ({ forward }) => ({
      forward: (images, pass) => {
        const output = forward(images, pass);
        return { ...output, logits: tf.add(output.logits, tf.randomNormal([1, 1])) };
      },
    }),
    /^logits: two evaluations of the same images differ/,
    /^logits: two training passes differ; draw random numbers from dropPath/,
  );
  await finds(
    ({ forward }) => ({
      forward: (images, pass) => {
        const output = forward(images, pass);
        return pass.mode === 'eval' ? output : { ...output, logits: tf.mul(output.logits, 2) };
      },
    }),
    /^logits: training differs from evaluation, although the network has no running averages/,
  );
});

/** A convolution and batch norm, whose mode is `modeOf` the pass. */
function normalised(modeOf: (pass: Pass) => Mode): Network {
  return defineNetwork({
    name: 'mine',
    family: 'cnn',
    imageSize: 8,
    create: ({ classes }, random) => {
      const conv = new Conv2d(3, 6, { filterSize: 4, stride: 4, padding: 0 }, random.fork('conv'));
      const norm = new BatchNorm2d(6);
      const head = new Linear(6, classes, random.fork('head'));
      return {
        modules: { conv, norm, head },
        forward: (images, pass) => {
          const x = norm.apply(conv.apply(images), modeOf(pass));
          const pooled = globalAveragePool(tf.relu(x));
          return { logits: head.apply(pooled), stages: [x, x, x, x], pooled };
        },
      };
    },
  });
}

test('finds running averages that evaluation changes or training does not update', async () => {
  // One after the other, because a check counts the tensors of the whole process.
  const errorsOf = async (modeOf: (pass: Pass) => Mode): Promise<readonly string[]> =>
    (await checkNetwork(normalised(modeOf))).errors;
  const right = await errorsOf(({ mode }) => mode);
  const onlyEval = await errorsOf(() => 'eval');
  const onlyTrain = await errorsOf(() => 'train');
  assert.deepEqual(right, []);
  const stale = ': training does not update this running average; pass the mode on';
  assert.deepEqual(onlyEval, [`norm.running_mean${stale}`, `norm.running_var${stale}`]);
  assert.ok(onlyTrain.some((error) => /^logits: at evaluation, the output of an image depends/.test(error)));
  assert.ok(onlyTrain.includes('norm.running_mean: evaluation changes this buffer; pass the mode on'));
});

test('finds outputs that are not finite, equal for all images, or kept in memory', async () => {
  await finds(
    ({ forward }) => ({
      forward: (images, pass) => {
        const output = forward(images, pass);
        return { ...output, pooled: tf.log(tf.sub<tf.Tensor2D>(tf.abs(output.pooled), 1e6)) };
      },
    }),
    /^pooled: NaN or infinite at evaluation/,
    /^pooled: NaN or infinite in training/,
  );
  const { errors } = await checkNetwork(
    variant(({ modules: { head }, forward }) => ({
      forward: (images, pass) => {
        const output = forward(images, pass);
        return { ...output, logits: head.apply(tf.fill<tf.Rank.R2>(output.pooled.shape, 1)) };
      },
    })),
    { classes: 3 },
  );
  assert.ok(errors.includes('logits: they are the same for different images'));
  assert.ok(errors.some((error) => /^embed\.weight: no gradient reaches it/.test(error)));
  const kept: tf.Tensor[] = [];
  await finds(
    ({ forward }) => ({
      forward: (images, pass) => {
        kept.push(tf.keep(tf.ones([1])));
        return forward(images, pass);
      },
    }),
    /^forward: it leaves 5 tensors undisposed/,
  );
  tf.dispose(kept);
});

test('finds weights that are not drawn from the seed', async () => {
  await finds(({ modules }) => {
    const { variable } = modules.embed.weight;
    tf.tidy(() => variable.assign(tf.randomNormal(variable.shape)));
    return {};
  }, /^embed\.weight: two networks with the same seed differ/);
});
