import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { appendJsonLine, readJsonLinesIfExists } from '../../io/jsonLines';
import { givenWeightsRecord, machineRecord } from '../../results/records/record';
import { hasCheckpoint } from '../../training/checkpointFiles';
import { weightsFault } from './inputWeights';

/** One process that worked at a run: the first began it, each further one took it up again. */
const session = z.object({
  started: z.string(),
  host: z.string(),
  pid: z.number(),
  commit: z.string(),
  dirty: z.boolean(),
  versions: z.record(z.string()),
  machine: machineRecord,
  threads: z.number().int().positive(),
  /** Processes that share each batch, with so many threads each. */
  processes: z.number().int().positive().default(1),
  seed: z.number().int(),
  givenWeights: givenWeightsRecord.optional(),
});
export type Session = z.infer<typeof session>;

/** The processes that have worked at a run so far, from the one that began it. */
export async function sessions(home: string): Promise<Session[]> {
  return readJsonLinesIfExists(fileOf(home), (value) => session.parse(value));
}

/** Notes that this process takes up a run. Throws a UserError where it has another number of threads or of processes, or is given other weights, than the run was begun with. */
export async function beginSession(
  home: string,
  now: Omit<Session, 'started' | 'host' | 'pid'>,
): Promise<{ readonly first: Session; readonly notices: string[] }> {
  // Where nothing is left to go on from, what earlier processes did has no part in the result.
  if (!hasCheckpoint(home)) await rm(fileOf(home), { force: true });
  const past = await sessions(home);
  const mine = { started: new Date().toISOString(), host: os.hostname(), pid: process.pid, ...now };
  const [first = mine] = past;
  if (first.threads !== mine.threads) {
    throw new UserError(
      `The run in ${home} was begun with ${first.threads} threads, and this process has ${mine.threads}: sums would be taken in another order, and the result would not be the same. ` +
        `Set TF_NUM_INTRAOP_THREADS=${first.threads}, or remove the folder to begin again.`,
    );
  }
  if (first.processes !== mine.processes) {
    throw new UserError(
      `The run in ${home} was begun with ${first.processes} processes that share each batch, and is now to have ${mine.processes}: sums would be taken in another order. Use --processes ${first.processes}, or remove the folder to begin again.`,
    );
  }
  const replaced = weightsFault(home, past.find(({ givenWeights }) => givenWeights)?.givenWeights, mine.givenWeights);
  if (replaced) throw replaced;
  const last = past[past.length - 1];
  const notices =
    last === undefined
      ? []
      : [
          ...(last.commit === mine.commit
            ? []
            : [`last worked at by commit ${last.commit.slice(0, 7)}, goes on with ${mine.commit.slice(0, 7)}`]),
          ...changed(engine(last), engine(mine)),
          ...(last.started <= mine.started
            ? []
            : [
                `the clock was set back: it is ${mine.started}, and this run was last taken up at ${last.started}; durations do not depend on it`,
              ]),
        ];
  await appendJsonLine(fileOf(home), mine);
  return { first, notices };
}

/** What the bits of a result depend on beside recipe and code. */
function engine({
  machine: { processor, gpu },
  versions: { tensorflow = 'none', kernels = 'unknown' },
}: Pick<Session, 'machine' | 'versions'>): string[] {
  return [gpu ?? processor, `TensorFlow ${tensorflow}`, `kernels ${kernels}`];
}

function changed(before: readonly string[], now: readonly string[]): string[] {
  return before.flatMap((one, i) =>
    one === now[i] || one === 'kernels unknown'
      ? []
      : [`last worked at on ${one}, goes on with ${now[i]}: bits may differ`],
  );
}

function fileOf(home: string): string {
  return path.join(home, 'sessions.jsonl');
}
