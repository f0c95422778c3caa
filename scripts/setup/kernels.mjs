import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processorIdentity } from './compiler.mjs';
import { findWheel } from './environment.mjs';
import { fingerprint, ofFiles, ofLargeFile } from './fingerprint.mjs';
import { compile, link } from './link.mjs';
import { OptionalPart } from './optional.mjs';
import { inProject } from './project.mjs';

const folder = inProject('lib', 'tensor');
const output = inProject('build', 'kernels.node');
const quietSource = join(folder, 'engine', 'quiet', 'quiet.cc');
const quiet = inProject('build', 'quiet.node');
// Loops with comparisons are vectorised only if they need not raise floating-point exceptions, which no code reads.
const flags = ['-O3', '-fno-math-errno', '-fno-trapping-math', '-fopenmp-simd', '-DEIGEN_USE_THREADS'];

/** The folder of the kernels' sources, and the flags to compile them with besides -march. */
export const kernelSources = { folder, flags: [...flags, `-I${folder}`] };

/** Setup step: our kernels, compiled for this processor. They need the wheel's TensorFlow. */
export const kernels = {
  title: 'Fused kernels',

  isDone: ({ addon, march, kernels: done }) =>
    addon?.kind === 'wheel' ? part.isDone(done, march) : done?.made === 'none',

  perform: async ({ addon, march }, { warn }) => {
    if (addon.kind !== 'wheel') {
      for (const path of [output, quiet]) rmSync(path, { force: true });
      warn('The fused kernels are not built: they need the TensorFlow of the Python environment.');
      return { made: 'none' };
    }
    return await part.perform(march, warn);
  },
};

async function build(compiler, march) {
  // In one file: reading TensorFlow's headers takes ten times as long as compiling a kernel.
  const source = inProject('build', 'kernels.cc');
  writeFileSync(
    source,
    files('.cc')
      .map((path) => `#include "${path}"\n`)
      .join(''),
  );
  const object = inProject('build', 'kernels.o');
  await compile({ compiler, wheel: findWheel(), source, object, flags: [...kernelSources.flags, `-march=${march}`] });
  const libraries = ['libtensorflow_framework.so.2'];
  await link({ compiler, wheel: findWheel(), objects: [object], libraries, output });
  const quietObject = inProject('build', 'quiet.o');
  await compile({ compiler, wheel: findWheel(), source: quietSource, object: quietObject, flags: ['-O1'] });
  await link({
    compiler,
    wheel: findWheel(),
    objects: [quietObject],
    libraries,
    output: quiet,
    flags: ['-Wl,-z,initfirst'],
  });
}

const files = (ending) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => !/^engine\/(binding|quiet)\//.test(name))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));

/** Changes with the kernels' sources, the flags, the processor and the TensorFlow that they are linked to. */
const identity = (march) =>
  fingerprint(
    ofFiles([...files('.cc'), ...files('.h'), quietSource]),
    flags.join(' '),
    processorIdentity(march),
    ofLargeFile(join(findWheel(), 'libtensorflow_cc.so.2')),
  );

const part = new OptionalPart({
  outputs: [output, quiet],
  identity,
  build,
  without: 'The fused kernels could not be built; everything works without them, several times slower',
});
