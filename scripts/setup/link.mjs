import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { runLogged } from './command.mjs';
import { inProject } from './project.mjs';

/** The folder of the TensorFlow.js package, whose native addon the setup builds. */
export const tfjsNode = inProject('node_modules', '@tensorflow', 'tfjs-node');

// The wheel's Eigen does not compile for processors with float16 arithmetic (PacketMathFP16.h uses an outdated name).
// No kernel needs that arithmetic, so the macro is undefined.
const withoutFloat16 = '-U__AVX512FP16__';

/** Returns the compiler's arguments for C++ of a Node addon that uses the wheel's TensorFlow. */
export const compileArguments = ({ wheel, flags }) => [
  '-fPIC',
  '-std=c++17',
  '-DNAPI_VERSION=8',
  '-DEIGEN_MAX_ALIGN_BYTES=64',
  ...flags,
  withoutFloat16,
  `-I${inProject('node_modules', 'node-api-headers', 'include')}`,
  '-isystem',
  `${wheel}/include`,
];

/** Compiles one C++ source file of a Node addon against the wheel's TensorFlow. */
export async function compile({ compiler, wheel, source, object, flags }) {
  mkdirSync(dirname(object), { recursive: true });
  await runLogged(compiler, ['-c', ...compileArguments({ wheel, flags }), source, '-o', `${object}.partial`]);
  renameSync(`${object}.partial`, object);
}

/** Links objects to an addon that loads the wheel's libraries from .venv and works with every version of Node. */
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

/** Replaces `path` by a relative symbolic link to `target`. */
export function placeLink(target, path) {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  symlinkSync(relative(dirname(path), target), path);
}
