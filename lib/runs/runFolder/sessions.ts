import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { appendJsonLine, readJsonLinesIfExists } from '../../io/jsonLines';
import { givenWeightsRecord, machineRecord } from '../../results/records/record';
import { hasCheckpoint } from '../../training/checkpoint/checkpointFiles';
import { otherWeightsError } from './inputWeights';

/** One process that worked on a run: the first started it, each later one resumed it. */
const session = z.object({
  started: z.string(),
  host: z.string(),
  pid: z.number(),
  commit: z.string(),
  dirty: z.boolean(),
  trainingVersion: z.number().int().default(1),
  versions: z.record(z.string()),
  machine: machineRecord,
  /** Threads of each process. */
  threads: z.number().int().positive(),
  /** Processes that share each batch. */
  processes: z.number().int().positive().default(1),
  seed: z.number().int(),
  givenWeights: givenWeightsRecord.optional(),
});
export type Session = z.infer<typeof session>;

/** The sessions of a run so far, in order. */
export async function readSessions(runFolder: string): Promise<Session[]> {
  return readJsonLinesIfExists(sessionsFile(runFolder), (value) => session.parse(value), { mayBeCut: true });
}

/**
 * Records that this process starts or resumes a run. Returns the first session, and notices about what differs from
 * the last one. Throws a UserError if the number of threads or processes, the version of the training, or the content
 * of the input weights is not that of the first session.
 */
export async function startSession(
  runFolder: string,
  now: Omit<Session, 'started' | 'host' | 'pid'>,
): Promise<{ readonly first: Session; readonly notices: string[] }> {
  // Without a checkpoint the run starts over, and earlier sessions have no part in its result.
  if (!hasCheckpoint(runFolder)) await rm(sessionsFile(runFolder), { force: true });
  const past = await readSessions(runFolder);
  const current: Session = { started: new Date().toISOString(), host: os.hostname(), pid: process.pid, ...now };
  const [first = current] = past;
  checkSameComputation(runFolder, first, current);
  const recorded = past.find((one) => one.givenWeights)?.givenWeights;
  const error = otherWeightsError(runFolder, recorded, current.givenWeights);
  if (error) throw error;
  const last = past[past.length - 1];
  await appendJsonLine(sessionsFile(runFolder), current);
  return { first, notices: last ? differences(last, current) : [] };
}

/** The order of floating-point sums depends on the number of threads and processes. */
function checkSameComputation(runFolder: string, first: Session, current: Session): void {
  if (first.trainingVersion !== current.trainingVersion) {
    throw new UserError(
      `The run in ${runFolder} started with version ${first.trainingVersion} of the training, and this code has ` +
        `version ${current.trainingVersion}: the same recipe gives another result. Resume it at commit ` +
        `${first.commit.slice(0, 7)}, or delete the folder to start over.`,
    );
  }
  const why = 'Sums would be computed in another order, and the result would differ.';
  if (first.threads !== current.threads) {
    throw new UserError(
      `The run in ${runFolder} started with ${first.threads} threads, but this process has ${current.threads}. ` +
        `${why} Set TF_NUM_INTRAOP_THREADS=${first.threads}, or delete the folder to start over.`,
    );
  }
  if (first.processes !== current.processes) {
    throw new UserError(
      `The run in ${runFolder} started with ${first.processes} processes, but this command requests ` +
        `${current.processes}. ${why} Use --processes ${first.processes}, or delete the folder to start over.`,
    );
  }
}

function differences(last: Session, current: Session): string[] {
  const notices: string[] = [];
  if (last.commit !== current.commit) {
    notices.push(`resumed at commit ${current.commit.slice(0, 7)}; the last session ran ${last.commit.slice(0, 7)}`);
  }
  const before = engine(last);
  for (const [i, part] of engine(current).entries()) {
    if (before[i] === part || before[i] === unknownKernels) continue;
    notices.push(`resumed with ${part}; the last session had ${before[i]}: results may differ in the last bits`);
  }
  if (last.started > current.started) {
    notices.push(
      `the clock was set back: it is ${current.started}, but the last session started at ${last.started}. ` +
        'Measured durations are not affected',
    );
  }
  return notices;
}

const unknownKernels = 'kernels unknown';

/**
 * What the bits of a result depend on besides recipe and code. Old sessions did not record whether our kernels were
 * in use.
 */
function engine({ machine, versions: { tensorflow = 'none', kernels } }: Session): string[] {
  return [
    machine.gpu ?? machine.processor,
    `TensorFlow ${tensorflow}`,
    kernels === undefined ? unknownKernels : `kernels ${kernels}`,
  ];
}

function sessionsFile(runFolder: string): string {
  return path.join(runFolder, 'sessions.jsonl');
}
