import { z } from 'zod';
import type { Random } from '../../lib/tensor/random';

/** A reader of files that others wrote, and a generator of such files. */
export interface Target {
  /** The name of the input file. */
  readonly file: string;
  /** A valid or, more often, damaged input. Equal random streams give equal inputs. */
  make(random: Random): Uint8Array | Promise<Uint8Array>;
  /** Reads the file to its end. Throws a UserError for unusable input, and any other error if the reader is wrong. */
  read(file: string): unknown;
  /** What each error message must match. Default: it contains the path of the file. */
  readonly place?: RegExp;
  /** Ends processes that the target started. */
  close?(): void;
  /** Bytes of memory that the reader may use in addition to twice the input and 64 MB. Default: 0. */
  allowance?(input: Uint8Array): number;
}

/** The index of the current input of a child process, and the number of values and UserErrors so far. */
export const progress = z.object({ at: z.number(), values: z.number(), userErrors: z.number() });
export type Progress = Readonly<z.infer<typeof progress>>;

/**
 * The file to which a child with this folder writes its progress. It is beside the folder, in which stray files are
 * failures.
 */
export function progressFile(root: string): string {
  return `${root}.progress`;
}

/** An input that resulted in neither a value nor a UserError. */
export interface Failure {
  /** The index of the input. */
  readonly at: number;
  readonly reason: string;
}
