import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ZodType, ZodTypeDef } from 'zod';
import { UserError } from '../../lib/errors';
import { branchesSchema, checkBranches } from './branches';
import type { Check } from './check';
import { checkCka, ckaSchema } from './cka';
import type { Mode } from './evaluate';
import { checkLosses, lossesSchema } from './losses';
import { checkModel, modelSchema } from './models';
import { checkModernLosses, modernLossesSchema } from './modernLosses';
import { checkSimilarity, similaritySchema } from './similarity';
import { checkSteps, stepsSchema } from './steps';

/**
 * Returns the JSON files of each path, which is a file or a folder, sorted by name. Throws a UserError if there are
 * none.
 */
export function referenceFiles(paths: readonly string[]): string[] {
  return paths.flatMap((given) => {
    try {
      if (!statSync(given).isDirectory()) return [given];
      const found = jsonFiles(given);
      if (found.length === 0)
        throw new UserError(`${given} contains no .json files. Give a folder with reference files.`);
      return found;
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(
        `Cannot read ${given}: ${reason(error)}. Give the path of a reference file or of a folder of them.`,
      );
    }
  });
}

/**
 * Compares the library with one reference file, whose keys determine its kind. Throws a UserError if it is not a
 * reference file. A UserError during the comparison, such as an unknown network, counts as one failed check.
 */
export function checkFile(file: string, mode: Mode = 'eager'): Check[] {
  const compare = comparison(file, mode);
  try {
    return compare();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ name: 'comparison', error: error.message }];
  }
}

function comparison(file: string, mode: Mode): () => Check[] {
  const content = parse(file);
  const first: unknown = Array.isArray(content) ? content[0] : content;
  const against = <T>(
    schema: ZodType<T, ZodTypeDef, unknown>,
    check: (content: T, mode: Mode) => Check[],
  ): (() => Check[]) => {
    const valid = validate(schema, content, file);
    return () => check(valid, mode);
  };
  if (has(first, 'mutual_knn')) return against(similaritySchema, checkSimilarity);
  if (has(first, 'cases') && modernLossesSchema.safeParse(content).success)
    return against(modernLossesSchema, checkModernLosses);
  if (has(first, 'cases')) return against(lossesSchema, checkLosses);
  if (has(first, 'linear_full_batch')) return against(ckaSchema, checkCka);
  if (has(first, 'stages') && has(first, 'model')) return against(modelSchema, checkModel);
  if (has(first, 'branches')) return against(branchesSchema, checkBranches);
  if (has(first, 'steps')) return against(stepsSchema, checkSteps);
  throw new UserError(
    `${file} is not a reference file. Such a file has one of the keys cases (losses), linear_full_batch (CKA), ` +
      'mutual_knn (similarity), stages (a model), branches (exit branches) and steps (training steps).',
  );
}

function jsonFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) return jsonFiles(full);
      return entry.isFile() && entry.name.endsWith('.json') ? [full] : [];
    });
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`Cannot read ${file} as JSON: ${reason(error)}. Check that it is a complete reference file.`);
  }
}

function validate<T>(schema: ZodType<T, ZodTypeDef, unknown>, content: unknown, file: string): T {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    `${file} is not a valid reference file: ${issue?.path.join('.') || 'top level'}: ${issue?.message}.`,
  );
}

function has(content: unknown, key: string): boolean {
  return typeof content === 'object' && content !== null && key in content;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
