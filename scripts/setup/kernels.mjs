import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sameCompiler } from './addon.mjs';
import { compilerIdentity, findCompiler, needsOf, processorIdentity } from './compiler.mjs';
import { findWheel } from './environment.mjs';
import { SetupFault } from './fault.mjs';
import { fingerprint, ofFiles, ofLargeFile } from './fingerprint.mjs';
import { compile, link } from './link.mjs';
import { inProject } from './project.mjs';

const folder = inProject('lib', 'tensor', 'kernels');
const output = inProject('build', 'kernels.node');
const quietSource = join(folder, 'quiet', 'quiet.cc');
const quiet = inProject('build', 'quiet.node');
// Loops with comparisons are only vectorised when these need not raise floating-point exceptions, which nobody looks at.
const flags = ['-O3', '-fno-math-errno', '-fno-trapping-math', '-fopenmp-simd', '-DEIGEN_USE_THREADS'];

/** Our own fused kernels, compiled for this processor. Without the wheel's TensorFlow there are none. */
export const kernels = {
  title: 'Fused kernels',

  isDone: ({ addon, march, kernels: done }) => {
    if (addon?.kind !== 'wheel' || (done?.made === 'none' && done.instead === without(march))) return done?.made === 'none';
    return existsSync(output) && existsSync(quiet) && findWheel() !== undefined && done?.made === identity(march) && sameCompiler(done);
  },

  perform: async ({ addon, march }, { warn }) => {
    if (addon.kind !== 'wheel') {
      for (const path of [output, quiet]) rmSync(path, { force: true });
      warn('No fused kernels: they need the TensorFlow of the Python environment.');
      return { made: 'none' };
    }
    const compiler = findCompiler();
    try {
      if (compiler === undefined) throw new SetupFault('there is no C++ compiler any more (g++, or name one by CXX)');
      return await build(compiler, march);
    } catch (error) {
      if (!(error instanceof SetupFault)) throw error;
      rmSync(output, { force: true });
      warn(`No fused kernels: ${error.message}\n    Everything works without them, several times slower. \`npm run setup\` tries again.`);
      return { made: 'none', instead: without(march) };
    }
  },
};

async function build(compiler, march) {
  const made = identity(march);
  // All in one: reading TensorFlow's headers takes ten times as long as compiling a kernel.
  const source = inProject('build', 'kernels.cc');
  writeFileSync(source, files('.cc').map((path) => `#include "${path}"\n`).join(''));
  const object = inProject('build', 'kernels.o');
  await compile({ compiler, wheel: findWheel(), source, object, flags: [...flags, `-march=${march}`] });
  const libraries = ['libtensorflow_framework.so.2'];
  await link({ compiler, wheel: findWheel(), objects: [object], libraries, output });
  const quietObject = inProject('build', 'quiet.o');
  await compile({ compiler, wheel: findWheel(), source: quietSource, object: quietObject, flags: ['-O1'] });
  await link({ compiler, wheel: findWheel(), objects: [quietObject], libraries, output: quiet, flags: ['-Wl,-z,initfirst'] });
  return { made, compiler: compilerIdentity(compiler), needs: needsOf(march) };
}

/** What there was to build and to build with, where it could not be built. */
const without = (march) => `${identity(march)} ${findCompiler() === undefined ? 'no compiler' : compilerIdentity(findCompiler())}`;

const files = (ending) => readdirSync(folder).filter((name) => name.endsWith(ending)).sort().map((name) => join(folder, name));

/** Changes when the kernels' sources, how they are compiled, the processor or the TensorFlow they are linked to change. */
const identity = (march) =>
  fingerprint(ofFiles([...files('.cc'), ...files('.h'), quietSource]), flags.join(' '), processorIdentity(march), ofLargeFile(join(findWheel(), 'libtensorflow_cc.so.2')));
