import { readFileSync, realpathSync } from 'node:fs';
import { cpus } from 'node:os';
import { findProgram } from './command.mjs';
import { fingerprint, ofLargeFile } from './fingerprint.mjs';

/** Returns the C++ compiler: CXX, or the first of the usual names on the search path; undefined if there is none. */
export const findCompiler = (env = process.env) => findProgram(env.CXX ? [env.CXX] : ['g++', 'clang++', 'c++'], env);

/** Changes if another compiler is used or the compiler is upgraded. */
export const compilerIdentity = (compiler) => ofLargeFile(realpathSync(compiler));

/**
 * Returns the processor to compile the kernels for, as a value of -march:
 * OFA_MARCH, otherwise the earlier choice, otherwise this machine's processor.
 */
export const chooseProcessor = (state, env = process.env) => env.OFA_MARCH || state.march || 'native';

/** Changes if kernels compiled for `march` might not run, or not run at full speed, on this machine. */
export const processorIdentity = (march) => (march === 'native' ? fingerprint(process.arch, instructionSets()) : march);

/**
 * Returns the instruction sets that code compiled for `march` may need.
 * For `native`, these are all sets of this processor that a compiler uses; for other values, unknown and empty.
 */
export const needsOf = (march) =>
  march === 'native'
    ? instructionSets()
        .split(/\s+/)
        .filter((name) => /^(avx(?!512_fp16)|fma|f16c|bmi|sse4|ssse3|movbe|abm)/.test(name))
    : [];

/** The instruction sets of the processor, as Linux lists them; on other systems its name. */
function instructionSets() {
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
