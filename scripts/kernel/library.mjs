// By default, every tslab Jupyter kernel type-checks all imported files of lib and compiles them twice, which delays
// the first cell by seconds. This module only parses lib and compiles it with esbuild, as for scripts and tests; `npm
// run check` checks its types. Cells are type-checked in full.
import path from 'node:path';
import { transformSync } from 'esbuild';
import { inProject } from '../setup/project.mjs';
import { replaceInTypeScript } from './typescript.mjs';

const folder = inProject('lib') + path.sep;
const isLibrary = ({ fileName }) => fileName.startsWith(folder);

/** Replaces tslab's compiler for files of lib. Call it before tslab is loaded. */
export function loadLibraryWithoutTypeCheck() {
  const compiled = new Set();
  replaceInTypeScript((ts) => ({
    getPreEmitDiagnosticsOfFiles: (program, files) => [
      ...files.filter(isLibrary).flatMap((file) => program.getSyntacticDiagnostics(file)),
      ...ts.getPreEmitDiagnosticsOfFiles(
        program,
        files.filter((file) => !isLibrary(file)),
      ),
    ],

    createWatchProgram: (host) => {
      const keep = host.afterProgramCreate;
      host.afterProgramCreate = (builder) => {
        const emit = builder.emit;
        builder.emit = (file, write, ...rest) => {
          if (file === undefined || !isLibrary(file)) return emit(file, write, ...rest);
          const code = compile(file.text);
          compiled.add(code);
          write(
            path
              .join(builder.getCompilerOptions().outDir, path.relative(inProject(), file.fileName))
              .replace(/\.ts$/, '.js'),
            code,
          );
          return { emitSkipped: false, diagnostics: [] };
        };
        keep(builder);
      };
      return ts.createWatchProgram(host);
    },

    // Converts to CommonJS. The output of esbuild already is.
    transpileModule: (code, options) =>
      compiled.delete(code) ? { outputText: code } : ts.transpileModule(code, options),
  }));
}

function compile(source) {
  return transformSync(source, {
    loader: 'ts',
    format: 'cjs',
    target: 'es2022',
    supported: { 'dynamic-import': false },
  }).code;
}
