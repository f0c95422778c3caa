import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { z } from 'zod';

const notebook = z.object({ cells: z.array(z.object({ cell_type: z.string(), source: z.array(z.string()) })) });

/** The code of each notebook as one module in the project's root, to which its imports are relative. */
const modules = new Map(
  readdirSync('notebooks')
    .filter((name) => name.endsWith('.ipynb'))
    .map((name) => {
      const { cells } = notebook.parse(JSON.parse(readFileSync(path.join('notebooks', name), 'utf8')));
      return [
        path.resolve(name.replace('.ipynb', '.notebook.ts')),
        cells
          .filter((cell) => cell.cell_type === 'code')
          .map(({ source }) => source.join(''))
          .join('\n'),
      ];
    }),
);

test('the cells of every notebook type-check with the compiler options of tslab', () => {
  const options = ts.getParsedCommandLineOfConfigFile('tsconfig.tslab.json', undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => assert.fail(String(messageText)),
  })!.options;
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  host.readFile = (file) => modules.get(path.resolve(file)) ?? read(file);
  const exists = host.fileExists.bind(host);
  host.fileExists = (file) => modules.has(path.resolve(file)) || exists(file);
  const program = ts.createProgram([...modules.keys()], options, host);
  const errors = [...modules.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText, start = 0 }) => {
        const line = modules.get(file)!.slice(0, start).split('\n').length;
        const code = modules.get(file)!.split('\n')[line - 1]!.trim();
        return `${path.basename(file)}: ${code} — ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      },
    );
  });
  assert.deepEqual(errors, []);
});
