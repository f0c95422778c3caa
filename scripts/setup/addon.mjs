import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { log, runLogged } from './command.mjs';
import { compilerIdentity, findCompiler } from './compiler.mjs';
import { findWheel } from './environment.mjs';
import { SetupError } from './setupError.mjs';
import { ofFiles, ofLargeFile } from './fingerprint.mjs';
import { compile, link, placeLink, tfjsNode } from './link.mjs';
import { inProject } from './project.mjs';

const built = inProject('build', 'tfjs_binding.node');
// The sources of TensorFlow.js, and ours, which include one of them.
const theirs = join(tfjsNode, 'binding');
const ours = inProject('lib', 'tensor', 'engine', 'binding');
const flags = ['-O2', `-I${theirs}`, '-fno-access-control'];

/** The folder of our sources of the addon, and the flags to compile them with. */
export const bindingSources = { folder: ours, flags };

const place = join(tfjsNode, 'lib', 'napi-v8', 'tfjs_binding.node');

/**
 * Setup step: TensorFlow.js's native addon, built against the wheel's TensorFlow 2.21. Without a wheel or a compiler,
 * it is the package's prebuilt binary with TensorFlow 2.9; if that is missing too, the engine is plain JavaScript.
 */
export const addon = {
  title: 'TensorFlow.js addon',

  isDone: ({ addon: done }) => {
    if (done === undefined) return false;
    if (done.kind === 'none') return true;
    if (!existsSync(place)) return false;
    return done.kind === 'stock' || (realpathSync(place) === built && done.made === identity() && sameCompiler(done));
  },

  perform: async ({ addon: before }, { warn, force }) => {
    const wheel = findWheel();
    const compiler = findCompiler();
    if (wheel !== undefined && compiler !== undefined) {
      try {
        const isBuilt =
          !force && before?.kind === 'wheel' && existsSync(built) && before.made === identity() && sameCompiler(before);
        if (!isBuilt) await build(compiler, wheel);
        placeLink(built, place);
        return { kind: 'wheel', made: identity(), compiler: compilerIdentity(compiler) };
      } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        warn(`The addon could not be built: ${error.message}`);
      }
    }
    return await fallBack(warn);
  },
};

/** Whether the compiler is the one that built the addon. Without a compiler, the addon is kept. */
export function sameCompiler(done) {
  const compiler = findCompiler();
  return compiler === undefined || compilerIdentity(compiler) === done.compiler;
}

async function build(compiler, wheel) {
  const objects = [];
  for (const source of [join(theirs, 'tfjs_backend.cc'), join(ours, 'binding.cc')]) {
    const object = inProject('build', 'addon', `${basename(source, '.cc')}.o`);
    await compile({ compiler, wheel, source, object, flags });
    objects.push(object);
  }
  await link({
    compiler,
    wheel,
    objects,
    libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
    output: built,
  });
}

async function fallBack(warn) {
  rmSync(place, { force: true });
  try {
    await runLogged(process.execPath, ['scripts/install.js', 'cpu', 'download'], { cwd: tfjsNode });
    if (!existsSync(place)) throw new SetupError('its installer left no addon');
    warn("The engine is TensorFlow's older prebuilt binary (2.9) without our kernels, which is several times slower.");
    return { kind: 'stock' };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    const reason = error.message.split('\n')[0].replace(/:$/, '');
    warn(`TensorFlow's prebuilt binary could not be installed either (${reason}). Full log: ${log}`);
    warn('The engine is plain JavaScript: notebooks open, but training takes a hundred times as long.');
    return { kind: 'none' };
  }
}

/** Changes with the sources of the addon and the TensorFlow that it is linked to. */
function identity() {
  const sources = [theirs, ours].flatMap((folder) =>
    readdirSync(folder)
      .sort()
      .map((name) => join(folder, name)),
  );
  const wheel = findWheel();
  return ofFiles(sources) + (wheel === undefined ? '' : ofLargeFile(join(wheel, 'libtensorflow_cc.so.2')));
}
