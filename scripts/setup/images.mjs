import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sameCompiler } from './addon.mjs';
import { compilerIdentity, findCompiler, needsOf, processorIdentity } from './compiler.mjs';
import { findWheel } from './environment.mjs';
import { SetupFault } from './fault.mjs';
import { fingerprint, ofFiles, ofLargeFile } from './fingerprint.mjs';
import { compile, link } from './link.mjs';
import { inProject } from './project.mjs';

const folder = inProject('lib', 'data', 'kernels');
const output = inProject('build', 'images.node');
// Products and sums rounded one by one, as in JavaScript, so that the same weights come out.
const flags = ['-O3', '-ffp-contract=off'];

/** Our own decoding and resizing of images, by the libjpeg of the wheel's TensorFlow, without which there is none. */
export const images = {
  title: 'Image kernels',

  isDone: ({ addon, march, images: done }) => {
    if (addon?.kind !== 'wheel' || (done?.made === 'none' && done.instead === without(march))) return done?.made === 'none';
    return existsSync(output) && findWheel() !== undefined && done?.made === identity(march) && sameCompiler(done);
  },

  perform: async ({ addon, march }, { warn }) => {
    if (addon.kind !== 'wheel') {
      rmSync(output, { force: true });
      return { made: 'none' };
    }
    const compiler = findCompiler();
    try {
      if (compiler === undefined) throw new SetupFault('there is no C++ compiler any more (g++, or name one by CXX)');
      return await build(compiler, march);
    } catch (error) {
      if (!(error instanceof SetupFault)) throw error;
      rmSync(output, { force: true });
      warn(`No image kernels: ${error.message}\n    Images are read without them, more slowly. \`npm run setup\` tries again.`);
      return { made: 'none', instead: without(march) };
    }
  },
};

async function build(compiler, march) {
  const made = identity(march);
  const wheel = findWheel();
  const object = inProject('build', 'images.o');
  await compile({ compiler, wheel, source: join(folder, 'addon.cc'), object, flags: [...flags, `-march=${march}`] });
  await link({ compiler, wheel, objects: [object], libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'], output });
  return { made, compiler: compilerIdentity(compiler), needs: needsOf(march) };
}

/** What there was to build and to build with, where it could not be built. */
const without = (march) => `${identity(march)} ${findCompiler() === undefined ? 'no compiler' : compilerIdentity(findCompiler())}`;

/** Changes when the sources, how they are compiled, the processor or the TensorFlow they are linked to change. */
const identity = (march) =>
  fingerprint(ofFiles(readdirSync(folder).sort().map((name) => join(folder, name))), flags.join(' '), processorIdentity(march), ofLargeFile(join(findWheel(), 'libtensorflow_cc.so.2')));
