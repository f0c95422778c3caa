import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import { z } from 'zod';
import { UserError } from '../../lib/errors';
import { parameters, parseOverrides } from '../../lib/notebook/parameters';

const cells = z.object({
  cells: z.array(z.object({ cell_type: z.string(), source: z.union([z.string(), z.array(z.string())]) })),
});

const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };

/**
 * Checks OFA_PROFILE and OFA_PARAMS against the parameters of notebooks before these are executed. Throws a UserError
 * that lists the notebooks with an unknown name or a wrong type.
 */
export function checkParameters(notebooks: readonly string[], environment: NodeJS.ProcessEnv = process.env): void {
  parameters({}, {}, { OFA_PROFILE: environment.OFA_PROFILE });
  parseOverrides(environment.OFA_PARAMS ?? '{}');
  const errors = notebooks.flatMap((file) => {
    const error = parameterError(readFileSync(file, 'utf8'), environment);
    return error === undefined ? [] : [`${path.basename(file)}: ${error}`];
  });
  if (errors.length === 0) return;
  const more = errors.length > 3 ? [`and ${errors.length - 3} more notebooks`] : [];
  throw new UserError(
    `OFA_PARAMS does not fit the chosen notebooks, and none was executed:\n` +
      [...errors.slice(0, 3), ...more].map((line) => `  ${line}`).join('\n'),
  );
}

/**
 * The error of the notebook's call of `parameters`, or undefined. A notebook whose defaults need the library, or that
 * has an error of its own, has none: executing it shows the error.
 */
function parameterError(notebook: string, environment: NodeJS.ProcessEnv): string | undefined {
  for (const cell of cells.parse(JSON.parse(notebook)).cells) {
    const source = [cell.source].flat().join('');
    if (cell.cell_type !== 'code' || !source.includes('parameters(')) continue;
    let error: string | undefined;
    try {
      // As in tslab, a cell may await.
      const code = `(async () => {${ts.transpile(source, compilerOptions)}\n})().catch(() => undefined)`;
      // The import may be in an earlier cell.
      const globals = { parameters: check, require: () => ({ parameters: check }), exports: {} };
      runInNewContext(code, globals, { timeout: 1000 });
    } catch {
      // The cell ends in `check`, or at the first use of the library.
    }
    return error;

    function check(defaults: object, byProfile: object): never {
      try {
        parameters(defaults, byProfile, environment);
      } catch (reason) {
        if (reason instanceof UserError) error = reason.message;
      }
      throw new Error('The rest of the cell is not executed.');
    }
  }
  return undefined;
}
