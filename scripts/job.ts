import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { z } from 'zod';
import { isAbort, UserError } from '../lib/errors';
import { readJsonLines } from '../lib/io/jsonLines';
import { homeOf } from '../lib/runs/runFolder/paths';
import { Busy } from '../lib/runs/runFolder/lock';
import { joinGroup, leadGroup } from '../lib/runs/schedulers/processGroup';
import { sessions } from '../lib/runs/runFolder/sessions';
import { gpus, resumeLater, taskCommand } from '../lib/runs/schedulers/slots';
import { hasCheckpoint } from '../lib/training/checkpointFiles';
import { positive, whole } from './cli/arguments';
import { run } from './cli/run';
import { stopSignal } from './cli/stopSignal';

/** node --import tsx scripts/job.ts PLAN INDEX --out DIR: one job of a plan in this process, as slots, Slurm, Ray and Kubernetes call it. Exit code 75: not finished, run me again. */
const identified = z.object({ id: z.string() });

interface Options {
  readonly out: string;
  readonly checkpointSeconds: number;
  readonly processes: number;
  readonly rank: number;
}

const command = new Command('job')
  .description('Runs one job of a plan.')
  .argument('<plan>', 'a file of jobs, one line of JSON each')
  .argument('<index>', 'which of its lines, from 0', whole)
  .requiredOption('--out <folder>', 'where the runs are kept')
  .option('--checkpoint-seconds <number>', 'between checkpoints within an epoch', whole, 30)
  .option('--processes <number>', 'processes that share each batch, and the threads of this one', positive, 1)
  .option('--rank <number>', 'this one among them; 0 starts the others', whole, 0)
  .action(async (plan: string, index: number, options: Options) =>
    options.rank > 0 ? help(plan, index, options) : lead(plan, index, options),
  );

void run(command);

async function lead(plan: string, index: number, { out, checkpointSeconds, processes }: Options): Promise<void> {
  const signal = stopSignal();
  // TensorFlow takes its number of threads when it is loaded, so before that: a run goes on with as many as it was begun with.
  const id = (await readJsonLines(plan, (value) => identified.parse(value).id))[index];
  if (id === undefined) throw new UserError(`${plan} has no job ${index}.`);
  const home = homeOf({ id }, out);
  const [first] = hasCheckpoint(home) ? await sessions(home) : [];
  const count = first?.processes ?? processes;
  const share =
    process.env['TF_NUM_INTRAOP_THREADS'] ??
    process.env['SLURM_CPUS_PER_TASK'] ??
    (count > 1 ? availableParallelism() : undefined);
  const threads = first?.threads ?? (share === undefined ? undefined : Math.max(1, Math.floor(Number(share) / count)));
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  const cards = count > 1 ? gpus() : [];
  const [own] = cards;
  if (own !== undefined) process.env['CUDA_VISIBLE_DEVICES'] = own;
  const { readPlan } = await import('../lib/runs/job/job');
  const { epochText, runJob } = await import('../lib/runs/job/runJob');
  const job = (await readPlan(plan))[index]!;
  const left = timeLeft(job.recipe.epochs);
  const start = (): ReturnType<typeof leadGroup> =>
    leadGroup(
      count,
      (rank) => [...taskCommand(plan, index, out, count), '--rank', String(rank)],
      (rank): Record<string, string> => (cards.length > 0 ? { CUDA_VISIBLE_DEVICES: cards[rank % cards.length]! } : {}),
    );
  try {
    const record = await runJob(job, {
      folder: out,
      signal,
      checkpointSeconds,
      ...(count > 1 && { processes: { count, start } }),
      onNotice: (text) => console.log(text),
      onEvent: (event) => {
        process.send?.(event);
        if (event.kind === 'epoch')
          console.log(`${job.row}, seed ${job.recipe.seed}, ${epochText(event)}${left(event.epoch)}`);
      },
    });
    console.log(`${record.row}, seed ${record.seed}: top-1 ${record.top1.toFixed(2)} %`);
  } catch (error) {
    if (error instanceof Busy) console.error(error.message);
    else if (!isAbort(error, signal)) throw error;
    process.exitCode = resumeLater;
  } finally {
    if (process.connected) process.disconnect();
  }
}

async function help(plan: string, index: number, { out, processes, rank }: Options): Promise<void> {
  const group = joinGroup(rank, processes);
  const { readPlan } = await import('../lib/runs/job/job');
  const { helpAt } = await import('../lib/runs/job/gainPoints');
  await helpAt((await readPlan(plan))[index]!, out, group);
}

/** Says after an epoch how many are left, and how long they take at the pace of this process. */
function timeLeft(epochs: number): (epoch: number) => string {
  const begun = performance.now();
  let first: number | undefined;
  return (epoch) => {
    first ??= epoch;
    const minutes = (((performance.now() - begun) / (epoch - first + 1)) * (epochs - epoch)) / 60_000;
    return epoch === epochs
      ? ''
      : `; ${epochs - epoch} to go, about ${minutes < 90 ? `${Math.ceil(minutes)} min` : `${(minutes / 60).toFixed(1)} h`}`;
  };
}
