import type { RunRecord } from './record';

/** A recorded run and the same job, run again. */
export interface Repetition {
  readonly recorded: RunRecord;
  readonly repeated: RunRecord;
  /** Whether all trained weights are equal, bit for bit. */
  readonly sameWeights: boolean;
}

export interface RepetitionResult {
  readonly agrees: boolean;
  /** The comparison as one sentence. */
  readonly text: string;
}

/**
 * Compares a repeated run with its record. At the same commit, on the same type of processor, with the same engine and
 * number of threads, all weights must be equal. Otherwise rounding may differ, and the two may be up to `tolerance`
 * points of top-1 apart.
 */
export function compareRepetition(
  { recorded, repeated, sameWeights }: Repetition,
  tolerance: number,
): RepetitionResult {
  const top1 = `top-1 ${repeated.top1.toFixed(2)} %, recorded ${recorded.top1.toFixed(2)} %`;
  if (sameWeights) return { agrees: true, text: `${top1}; all weights are equal` };
  const differing = differences(recorded, repeated);
  if (differing.length === 0) {
    return {
      agrees: false,
      text: `${top1}; the weights differ, on the same type of processor and at the same commit`,
    };
  }
  const agrees = Math.abs(repeated.top1 - recorded.top1) <= tolerance;
  const limit = agrees ? `within ${tolerance} points` : `more than ${tolerance} points apart`;
  return { agrees, text: `${top1}; ${limit}, with another ${differing.join(', ')}` };
}

/** What changes the rounding of a run. */
function differences(a: RunRecord, b: RunRecord): string[] {
  const parts: Readonly<Record<string, (run: RunRecord) => unknown>> = {
    processor: ({ machine }) => machine.gpu ?? machine.processor,
    'number of threads': ({ threads, processes = 1 }) => `${threads} ${processes}`,
    TensorFlow: ({ versions }) => versions['tensorflow'],
    kernels: ({ versions }) => versions['kernels'],
    commit: ({ commit }) => commit,
  };
  return Object.entries(parts).flatMap(([name, part]) => (part(a) === part(b) ? [] : [name]));
}
