import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { runLogged } from './command.mjs';
import { inProject } from './project.mjs';

/** The folder of the TensorFlow.js package whose native addon we build. */
export const tfjsNode = inProject('node_modules', '@tensorflow', 'tfjs-node');

// On processors with float16 arithmetic the wheel's Eigen does not compile (a name in PacketMathFP16.h is an older one's);
// none of our kernels needs it, so that Eigen is not told of it.
const withoutFloat16 = '-U__AVX512FP16__';

/** Compiles one C++ source of a Node addon that uses the wheel's TensorFlow. */
export async function compile({ compiler, wheel, source, object, flags }) {
  mkdirSync(dirname(object), { recursive: true });
  await runLogged(compiler, [
    '-c',
    '-fPIC',
    '-std=c++17',
    '-DNAPI_VERSION=8',
    '-DEIGEN_MAX_ALIGN_BYTES=64',
    ...flags,
    withoutFloat16,
    `-I${inProject('node_modules', 'node-api-headers', 'include')}`,
    '-isystem',
    `${wheel}/include`,
    source,
    '-o',
    `${object}.partial`,
  ]);
  renameSync(`${object}.partial`, object);
}

/** Links objects into an addon that finds the wheel's libraries where they lie; every version of Node can load it. */
export async function link({ compiler, wheel, objects, libraries, output, flags = [] }) {
  const search = `$ORIGIN/${relative(dirname(output), wheel)}`;
  await runLogged(compiler, [
    '-shared',
    ...flags,
    ...objects,
    `-L${wheel}`,
    ...libraries.map((name) => `-l:${name}`),
    `-Wl,-rpath,${search}`,
    '-o',
    `${output}.partial`,
  ]);
  renameSync(`${output}.partial`, output);
}

/** Makes `path` a relative link to `target`, replacing what was there. */
export function placeLink(target, path) {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  symlinkSync(relative(dirname(path), target), path);
}
