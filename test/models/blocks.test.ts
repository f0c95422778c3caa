import { afterEach, test } from 'node:test';
import { MixerBlock } from '../../lib/models/networks/mlpMixer';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { TransformerBlock } from '../../lib/models/networks/visionTransformer';
import { hasKernels } from '../../lib/tensor/engine/native';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest } from '../support/close';
import { expectGradients } from '../support/gradient';
import { expectNoLeak } from '../support/leaks';

type Block = TransformerBlock | MixerBlock;

/**
 * Blocks and their input shapes: heads of 8, 16 and 24 channels; one example, several, and a number that groups do not
 * divide.
 */
const blocks: Readonly<Record<string, readonly [(random: Random) => Block, [number, number, number]]>> = {
  'transformer block': [(random) => new TransformerBlock(16, 2, 1e-6, random), [3, 5, 16]],
  'transformer block without a bias of queries': [
    (random) => new TransformerBlock(48, 2, 1e-5, random, { qkvBias: false }),
    [9, 17, 48],
  ],
  'transformer block of many tokens': [(random) => new TransformerBlock(64, 4, 1e-6, random), [2, 65, 64]],
  'Mixer block': [(random) => new MixerBlock(8, 16, random), [3, 8, 16]],
  'Mixer block of many tokens': [(random) => new MixerBlock(64, 48, random), [2, 64, 48]],
};

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

for (const [name, [create, shape]] of Object.entries(blocks)) {
  const setting = (): { block: Block; x: tf.Tensor3D; dy: tf.Tensor3D } => {
    const random = new Random(3).fork(name);
    const block = create(random);
    // New blocks have zero biases and unit scales. Gradients must be right for other values too.
    for (const [path, { variable }] of parameters(block)) {
      tf.tidy(() => {
        variable.assign(tf.add(variable, tf.randomNormal(variable.shape, 0, 0.1, 'float32', 1 + path.length)));
      });
    }
    return { block, x: tf.randomNormal(shape, 0, 1, 'float32', 5), dy: tf.randomNormal(shape, 0, 1, 'float32', 6) };
  };

  test(
    `${name}: the kernel equals its layers one by one, forward and backward`,
    { skip: !hasKernels() && 'no C++ kernels' },
    () => {
      const { block, x, dy } = setting();
      const named = parameters(block);
      const [fused, layered] = ['on', 'off'].map((kernels): Record<string, tf.Tensor> => {
        process.env['OFA_KERNELS'] = kernels;
        const y = tf.tidy(() => block.apply(x));
        const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(block.apply(x), dy)));
        const [dx] = tf.grads((input) => tf.mul(block.apply(input as tf.Tensor3D), dy))([x], tf.onesLike(x)) as [
          tf.Tensor,
        ];
        value.dispose();
        return { y, dx, ...Object.fromEntries(named.map(([path, { variable }]) => [path, grads[variable.name]!])) };
      }) as [Record<string, tf.Tensor>, Record<string, tf.Tensor>];
      for (const [path, tensor] of Object.entries(fused))
        expectClose(
          tensor,
          layered[path]!,
          { relative: 0, absolute: 1e-5 * Math.max(largest(layered[path]!), 1) },
          path,
        );
      tf.dispose([x, dy, fused, layered]);
      disposeModule(block);
    },
  );

  test(`${name}: matches finite differences and leaks nothing`, { skip: !hasKernels() && 'no C++ kernels' }, () => {
    const { block, x, dy } = setting();
    expectGradients((input) => block.apply(input as tf.Tensor3D), [x], { tolerance: 5e-3, probes: 24 });
    expectNoLeak(() => tf.tidy(() => block.apply(x)));
    expectNoLeak(() => tf.grads((input) => block.apply(input as tf.Tensor3D))([x], dy));
    tf.dispose([x, dy]);
    disposeModule(block);
  });
}
