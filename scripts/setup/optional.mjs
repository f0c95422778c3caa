import { existsSync, rmSync } from 'node:fs';
import { sameCompiler } from './addon.mjs';
import { compilerIdentity, findCompiler, needsOf } from './compiler.mjs';
import { findWheel } from './environment.mjs';
import { SetupFault } from './fault.mjs';

/**
 * A part of our own in C++ that everything works without: built for this processor, or where that fails told and left out, until what
 * it is built from, or the compiler, is another. `identity` changes with what it is built from.
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
      if (compiler === undefined) throw new SetupFault('there is no C++ compiler any more (g++, or name one by CXX)');
      await this.build(compiler, march);
      return { made, compiler: compilerIdentity(compiler), needs: needsOf(march) };
    } catch (error) {
      if (!(error instanceof SetupFault)) throw error;
      rmSync(this.outputs[0], { force: true });
      warn(`${this.without}: ${error.message}\n    \`npm run setup\` tries again.`);
      return { made: 'none', instead: this.attempt(march) };
    }
  }

  /** What there was to build, and to build it with. */
  attempt(march) {
    const compiler = findCompiler();
    return `${this.identity(march)} ${compiler === undefined ? 'no compiler' : compilerIdentity(compiler)}`;
  }
}
