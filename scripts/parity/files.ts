import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ZodType, ZodTypeDef } from 'zod';
import { UserError } from '../../lib/errors';
import { branchesSchema, checkBranches } from './branches';
import type { Check } from './check';
import { checkCka, ckaSchema } from './cka';
import { checkLosses, lossesSchema } from './losses';
import { checkModel, modelSchema } from './models';
import { checkModernLosses, modernLossesSchema } from './modernLosses';
import { checkSimilarity, similaritySchema } from './similarity';
import { checkSteps, stepsSchema } from './steps';

/** The JSON files under each path, itself a file or a folder, in order of name. */
export function referenceFiles(paths: readonly string[]): string[] {
  return paths.flatMap((given) => {
    try {
      if (!statSync(given).isDirectory()) return [given];
      const found = jsonFiles(given);
      if (found.length === 0)
        throw new UserError(`${given} holds no .json files, so there is nothing to compare with.`);
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
 * Compares the library with one reference file, whose kind is told from what it holds. A file that is none throws a UserError;
 * a network or loss that the library refuses is a failed check, so that the others are still compared.
 */
export function checkFile(file: string): Check[] {
  const compare = comparison(file);
  try {
    return compare();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ name: 'comparison', fault: error.message }];
  }
}

function comparison(file: string): () => Check[] {
  const content = parse(file);
  const first: unknown = Array.isArray(content) ? content[0] : content;
  const against = <T>(schema: ZodType<T, ZodTypeDef, unknown>, check: (content: T) => Check[]): (() => Check[]) => {
    const valid = validate(schema, content, file);
    return () => check(valid);
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
    `${file} is no reference file that parity knows: it should hold losses (cases), CKA (linear_full_batch), a model (stages), exit branches (branches) or training steps (steps).`,
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
    throw new UserError(`Cannot read ${file} as JSON: ${reason(error)}. Is it whole, and a reference file?`);
  }
}

function validate<T>(schema: ZodType<T, ZodTypeDef, unknown>, content: unknown, file: string): T {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    `${file} looks like a reference file, but at ${issue?.path.join('.') || 'the top'}: ${issue?.message}.`,
  );
}

function has(content: unknown, key: string): boolean {
  return typeof content === 'object' && content !== null && key in content;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
