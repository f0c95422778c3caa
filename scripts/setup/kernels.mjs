import { existsSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { sameCompiler } from './addon.mjs';
import { compilerIdentity, findCompiler, processorIdentity } from './compiler.mjs';
import { findWheel } from './environment.mjs';
import { fingerprint, ofFiles, ofLargeFile } from './fingerprint.mjs';
import { compile, link } from './link.mjs';
import { inProject } from './project.mjs';

const folder = inProject('lib', 'tensor', 'kernels');
const objects = inProject('build', 'kernels');
const output = inProject('build', 'kernels.node');

/** Our own fused kernels, compiled for this processor. Without the wheel's TensorFlow there are none. */
export const kernels = {
  title: 'Fused kernels',

  isDone: ({ addon, march, kernels: done }) => {
    if (addon?.kind !== 'wheel') return done?.made === 'none';
    return existsSync(output) && findWheel() !== undefined && done?.made === identity(march) && sameCompiler(done);
  },

  perform: async ({ addon, march }, { force }) => {
    if (force || addon.kind !== 'wheel') rmSync(objects, { recursive: true, force: true });
    if (addon.kind !== 'wheel') {
      rmSync(output, { force: true });
      return { made: 'none' };
    }
    const compiler = findCompiler();
    const made = identity(march);
    const units = files('.cc').map((source) => ({ source, object: objectOf(source, march, compiler) }));
    await compileAll(units.filter(({ object }) => !existsSync(object)), { compiler, march });
    await link({ compiler, wheel: findWheel(), objects: units.map(({ object }) => object), libraries: ['libtensorflow_framework.so.2'], output });
    removeOthers(units);
    return { made, compiler: compilerIdentity(compiler) };
  },
};

/** Compiles as many sources at a time as there are processors. */
async function compileAll(units, { compiler, march }) {
  const flags = ['-O3', `-march=${march}`, '-fno-math-errno', '-fopenmp-simd', '-DEIGEN_USE_THREADS'];
  const waiting = [...units];
  const worker = async () => {
    for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
      await compile({ compiler, wheel: findWheel(), flags, ...unit });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

const files = (ending) => readdirSync(folder).filter((name) => name.endsWith(ending)).sort().map((name) => join(folder, name));

/** Where the compiled source lies: a name that changes with all that it is made from, so that only what changed is compiled. */
function objectOf(source, march, compiler) {
  const made = fingerprint(ofFiles([source, ...files('.h')]), surroundings(march), compilerIdentity(compiler));
  return join(objects, `${basename(source, '.cc')}-${made}.o`);
}

function removeOthers(units) {
  const kept = new Set(units.map(({ object }) => basename(object)));
  for (const name of readdirSync(objects)) if (!kept.has(name)) rmSync(join(objects, name));
}

/** Changes when the kernels' sources, the processor or the TensorFlow they are linked to change. */
const identity = (march) => fingerprint(ofFiles([...files('.cc'), ...files('.h')]), surroundings(march));

const surroundings = (march) => fingerprint(processorIdentity(march), ofLargeFile(join(findWheel(), 'libtensorflow_cc.so.2')));
