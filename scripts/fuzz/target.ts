import { z } from 'zod';
import type { Random } from '../../lib/tensor/random';

/** Something that reads what others wrote. */
export interface Target {
  /** What the input's file is called. */
  readonly file: string;
  /** A sound input, or most often a damaged one; equal streams of random numbers give equal inputs. */
  make(random: Random): Uint8Array | Promise<Uint8Array>;
  /** Reads the file to its end. Throws a UserError for what cannot be used, and any other error where a promise is broken. */
  read(file: string): unknown;
  /** What every error must name: the file unless told. */
  readonly place?: RegExp;
  /** Bytes of memory that it may take beyond twice the input and 64 MB. */
  allowance?(input: Uint8Array): number;
}

/** The input that is under way in a child process, and how many have ended so far, and how. */
export const tally = z.object({ at: z.number(), values: z.number(), errors: z.number() });
export type Tally = Readonly<z.infer<typeof tally>>;

/** An input that ended in neither a value nor an error of ours. */
export interface Fault {
  readonly at: number;
  readonly reason: string;
}
