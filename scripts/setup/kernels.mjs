import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sameCompiler } from './addon.mjs';
import { compilerIdentity, findCompiler, processorIdentity } from './compiler.mjs';
import { findWheel } from './environment.mjs';
import { fingerprint, ofFiles, ofLargeFile } from './fingerprint.mjs';
import { compile, link } from './link.mjs';
import { inProject } from './project.mjs';

const folder = inProject('lib', 'tensor', 'kernels');
const output = inProject('build', 'kernels.node');

/** Our own fused kernels, compiled for this processor. Without the wheel's TensorFlow there are none. */
export const kernels = {
  title: 'Fused kernels',

  isDone: ({ addon, march, kernels: done }) => {
    if (addon?.kind !== 'wheel') return done?.made === 'none';
    return existsSync(output) && findWheel() !== undefined && done?.made === identity(march) && sameCompiler(done);
  },

  perform: async ({ addon, march }, { warn }) => {
    if (addon.kind !== 'wheel') {
      rmSync(output, { force: true });
      warn('No fused kernels: they need the TensorFlow of the Python environment.');
      return { made: 'none' };
    }
    const compiler = findCompiler();
    const made = identity(march);
    // All in one: reading TensorFlow's headers takes ten times as long as compiling a kernel.
    const source = inProject('build', 'kernels.cc');
    writeFileSync(source, files('.cc').map((path) => `#include "${path}"\n`).join(''));
    const object = inProject('build', 'kernels.o');
    const flags = ['-O3', `-march=${march}`, '-fno-math-errno', '-fopenmp-simd', '-DEIGEN_USE_THREADS'];
    await compile({ compiler, wheel: findWheel(), source, object, flags });
    await link({ compiler, wheel: findWheel(), objects: [object], libraries: ['libtensorflow_framework.so.2'], output });
    return { made, compiler: compilerIdentity(compiler) };
  },
};

const files = (ending) => readdirSync(folder).filter((name) => name.endsWith(ending)).sort().map((name) => join(folder, name));

/** Changes when the kernels' sources, the processor or the TensorFlow they are linked to change. */
const identity = (march) =>
  fingerprint(ofFiles([...files('.cc'), ...files('.h')]), processorIdentity(march), ofLargeFile(join(findWheel(), 'libtensorflow_cc.so.2')));
