import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { processorIdentity } from './compiler.mjs';
import { findWheel } from './environment.mjs';
import { fingerprint, ofFiles, ofLargeFile } from './fingerprint.mjs';
import { compile, link } from './link.mjs';
import { OptionalPart } from './optional.mjs';
import { inProject } from './project.mjs';

const folder = inProject('lib', 'data', 'kernels');
const output = inProject('build', 'images.node');
// Without fused multiply-add, as in JavaScript, so that the resampling weights are equal.
const flags = ['-O3', '-ffp-contract=off'];

/** The folder of the sources, and the compiler flags except -march. */
export const imageSources = { folder, flags };

/** Builds the image kernels (lib/data/kernels). They need the wheel's TensorFlow, which contains libjpeg. */
export const images = {
  title: 'Image kernels',

  isDone: ({ addon, march, images: done }) =>
    addon?.kind === 'wheel' ? part.isDone(done, march) : done?.made === 'none',

  perform: async ({ addon, march }, { warn }) => {
    if (addon.kind !== 'wheel') {
      rmSync(output, { force: true });
      return { made: 'none' };
    }
    return await part.perform(march, warn);
  },
};

async function build(compiler, march) {
  const wheel = findWheel();
  const object = inProject('build', 'images.o');
  await compile({ compiler, wheel, source: join(folder, 'addon.cc'), object, flags: [...flags, `-march=${march}`] });
  await link({
    compiler,
    wheel,
    objects: [object],
    libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
    output,
  });
}

/** Changes if the sources, the compiler flags, the processor or TensorFlow change. */
const identity = (march) =>
  fingerprint(
    ofFiles(
      readdirSync(folder)
        .sort()
        .map((name) => join(folder, name)),
    ),
    flags.join(' '),
    processorIdentity(march),
    ofLargeFile(join(findWheel(), 'libtensorflow_cc.so.2')),
  );

const part = new OptionalPart({
  outputs: [output],
  identity,
  build,
  without: 'The image kernels could not be built; images are decoded more slowly without them',
});
