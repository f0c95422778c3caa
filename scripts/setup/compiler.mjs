import { readFileSync, realpathSync } from 'node:fs';
import { cpus } from 'node:os';
import { findProgram } from './command.mjs';
import { fingerprint, ofLargeFile } from './fingerprint.mjs';

/** The C++ compiler: CXX, or the first of the usual names on the search path; undefined when there is none. */
export const findCompiler = (env = process.env) => findProgram(env.CXX ? [env.CXX] : ['g++', 'clang++', 'c++'], env);

/** Changes when the compiler is another one or was upgraded. */
export const compilerIdentity = (compiler) => ofLargeFile(realpathSync(compiler));

/** The processor to compile our kernels for (a value of -march): OFA_MARCH, else what was chosen before, else this machine's own. */
export const chooseProcessor = (state, env = process.env) => env.OFA_MARCH || state.march || 'native';

/** Changes when kernels compiled for `march` might not run, or not run best, on this machine. */
export const processorIdentity = (march) => (march === 'native' ? fingerprint(process.arch, abilities()) : march);

/** What a processor must have for what is compiled for `march` to run: for this machine's own, all that it has of the sets that a compiler uses. */
export const needsOf = (march) =>
  march === 'native'
    ? abilities()
        .split(/\s+/)
        .filter((name) => /^(avx(?!512_fp16)|fma|f16c|bmi|sse4|ssse3|movbe|abm)/.test(name))
    : [];

/** The instruction sets of the processor, as Linux lists them; elsewhere its name. */
function abilities() {
  try {
    const line = readFileSync('/proc/cpuinfo', 'utf8')
      .split('\n')
      .find((each) => /^(flags|Features)\b/.test(each));
    if (line !== undefined) return line;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return cpus()[0]?.model ?? '';
}
