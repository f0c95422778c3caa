import { existsSync, rmSync } from 'node:fs';
import { sameCompiler } from './addon.mjs';
import { compilerIdentity, findCompiler, needsOf } from './compiler.mjs';
import { findWheel } from './environment.mjs';
import { SetupError } from './setupError.mjs';

/**
 * An optional C++ part of this project, compiled for this processor. If that fails, the setup prints a warning and
 * continues without it. It is built again when its sources (`identity`) or the compiler change.
 */
export class OptionalPart {
  constructor({ outputs, identity, build, without }) {
    Object.assign(this, { outputs, identity, build, without });
  }

  isDone(done, march) {
    if (done === undefined || findWheel() === undefined) return false;
    if (done.made === 'none') return done.instead === this.attempt(march);
    return this.outputs.every((path) => existsSync(path)) && done.made === this.identity(march) && sameCompiler(done);
  }

  async perform(march, warn) {
    const compiler = findCompiler();
    const made = this.identity(march);
    try {
      if (compiler === undefined) throw new SetupError('the C++ compiler is missing (install g++, or set CXX)');
      await this.build(compiler, march);
      return { made, compiler: compilerIdentity(compiler), needs: needsOf(march) };
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      rmSync(this.outputs[0], { force: true });
      warn(`${this.without}: ${error.message}\n    Run \`npm run setup\` to try again.`);
      return { made: 'none', instead: this.attempt(march) };
    }
  }

  /** Identifies the sources and the compiler of a failed attempt. */
  attempt(march) {
    const compiler = findCompiler();
    return `${this.identity(march)} ${compiler === undefined ? 'no compiler' : compilerIdentity(compiler)}`;
  }
}
