// tslab checks the types of all of lib that a notebook imports, and translates it twice, in each kernel anew: seconds before the first
// cell runs. Here lib is only parsed and translated as scripts and tests have it, its types being `npm run check`'s affair; cells are checked in full.
import { createRequire } from 'node:module';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { inProject } from '../setup/project.mjs';

const require = createRequire(import.meta.url);
const typescript = require.resolve('@tslab/typescript-for-tslab', { paths: [inProject('node_modules', 'tslab')] });
const folder = inProject('lib') + path.sep;
const isLibrary = ({ fileName }) => fileName.startsWith(folder);

/** Has tslab, which must not be loaded yet, take lib as it is. */
export function takeLibraryAsItIs() {
  const ts = require(typescript);
  const translated = new Set();
  require.cache[typescript].exports = {
    ...ts,

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
          const code = translate(file.text);
          translated.add(code);
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

    // To CommonJS, which ours is already.
    transpileModule: (code, options) =>
      translated.delete(code) ? { outputText: code } : ts.transpileModule(code, options),
  };
}

function translate(source) {
  return transformSync(source, {
    loader: 'ts',
    format: 'cjs',
    target: 'es2022',
    supported: { 'dynamic-import': false },
  }).code;
}
