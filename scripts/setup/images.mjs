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
// Products and sums rounded one by one, as in JavaScript, so that the same weights come out.
const flags = ['-O3', '-ffp-contract=off'];

/** The folder of the image kernels' sources, and the flags to compile them with besides -march. */
export const imageSources = { folder, flags };

/** Our own decoding and resizing of images, by the libjpeg of the wheel's TensorFlow, without which there is none. */
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

/** Changes when the sources, how they are compiled, the processor or the TensorFlow they are linked to change. */
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
  without: 'No image kernels; images are read without them, more slowly',
});
