import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { z } from 'zod';
import { isAbort, UserError } from '../lib/errors';
import { readJsonLines } from '../lib/io/jsonLines';
import { joinGroup, leadGroup, type LeadingGroup } from '../lib/runs/execution/processGroup';
import { RunLockedError } from '../lib/runs/runFolder/lock';
import { runFolderOf } from '../lib/runs/runFolder/paths';
import { readSessions } from '../lib/runs/runFolder/sessions';
import { availableGpus } from '../lib/runs/schedulers/localSlots';
import { pausedExitCode, taskCommand } from '../lib/runs/schedulers/task';
import { hasCheckpoint } from '../lib/training/checkpoint/checkpointFiles';
import { positive, whole } from './cli/arguments';
import { jobProgram } from './cli/jobProgram';
import { run } from './cli/run';
import { stopSignal } from './cli/stopSignal';

interface Options {
  readonly out: string;
  readonly checkpointSeconds: number;
  readonly processes: number;
  readonly rank: number;
}

/** Runs one job of a plan in this process: local slots, Slurm, Ray and Kubernetes start it. */
const command = new Command('node --import tsx scripts/job.ts')
  .description(
    'Runs one job of a plan, or resumes it from its last checkpoint.\n\n' +
      'SIGTERM, SIGUSR1 and Ctrl-C pause the job with a checkpoint. Exit codes: 0 finished, 1 failed, ' +
      `${pausedExitCode} paused (run the same command again to resume).`,
  )
  .argument('<plan>', 'plan file, one job per line (JSON)')
  .argument('<index>', 'line of the plan, counted from 0', whole)
  .requiredOption('--out <folder>', 'folder of all runs')
  .option('--checkpoint-seconds <number>', 'seconds between checkpoints within an epoch', whole, 30)
  .option('--processes <number>', 'number of processes that share each batch and the threads', positive, 1)
  .option('--rank <number>', 'rank of this process among them; rank 0 starts the others', whole, 0)
  .action((plan: string, index: number, options: Options) =>
    options.rank > 0 ? runAsHelper(plan, index, options) : runAsLeader(plan, index, options),
  );

void run(command);

const identified = z.object({ id: z.string() });

async function runAsLeader(plan: string, index: number, options: Options): Promise<void> {
  const { out, checkpointSeconds } = options;
  const signal = stopSignal();
  const ids = await readJsonLines(plan, (value) => identified.parse(value).id);
  const id = ids[index];
  if (id === undefined) throw new UserError(`${plan} has no job ${index}: it has ${ids.length} jobs, counted from 0.`);
  const { processes, gpus } = await setEngineEnvironment(runFolderOf({ id }, out), options.processes);

  // Imported after the environment is set: TensorFlow reads it when it is loaded.
  const { readPlan } = await import('../lib/runs/plan/planFile');
  const { epochText, runJob } = await import('../lib/runs/execution/runJob');
  const job = (await readPlan(plan))[index]!;
  const title = `${job.row}, seed ${job.recipe.seed}`;
  const remaining = remainingTime(job.recipe.epochs);
  const helperCommand = [...taskCommand({ program: jobProgram, plan, index, out, processes }), '--rank'];
  const start = (): LeadingGroup =>
    leadGroup(
      processes,
      (rank) => [...helperCommand, String(rank)],
      (rank): Record<string, string> => (gpus.length > 0 ? { CUDA_VISIBLE_DEVICES: gpus[rank % gpus.length]! } : {}),
    );
  try {
    const record = await runJob(job, {
      runsFolder: out,
      signal,
      checkpointSeconds,
      ...(processes > 1 && { processes: { count: processes, start } }),
      onNotice: (text) => console.log(text),
      onEvent: (event) => {
        process.send?.(event);
        if (event.kind === 'epoch') console.log(`${title}, ${epochText(event)}${remaining(event.epoch)}`);
      },
    });
    console.log(`${title}: top-1 ${record.top1.toFixed(2)} %`);
  } catch (error) {
    if (error instanceof RunLockedError) console.error(error.message);
    else if (!isAbort(error, signal)) throw error;
    process.exitCode = pausedExitCode;
  } finally {
    if (process.connected) process.disconnect();
  }
}

async function runAsHelper(plan: string, index: number, { out, processes, rank }: Options): Promise<void> {
  const group = joinGroup(rank, processes);
  const { readPlan } = await import('../lib/runs/plan/planFile');
  const { runHelper } = await import('../lib/runs/execution/helperProcess');
  await runHelper((await readPlan(plan))[index]!, out, group);
}

/**
 * Sets the number of threads and the GPU of this process before TensorFlow is loaded. A run resumes with the numbers
 * of threads and processes with which it started. Returns the number of processes, and the GPUs that they share.
 */
async function setEngineEnvironment(
  runFolder: string,
  requestedProcesses: number,
): Promise<{ readonly processes: number; readonly gpus: readonly string[] }> {
  const { env } = process;
  const [first] = hasCheckpoint(runFolder) ? await readSessions(runFolder) : [];
  const processes = first?.processes ?? requestedProcesses;
  const available =
    env['TF_NUM_INTRAOP_THREADS'] ?? env['SLURM_CPUS_PER_TASK'] ?? (processes > 1 ? availableParallelism() : undefined);
  const share = available === undefined ? undefined : Math.max(1, Math.floor(Number(available) / processes));
  const threads = first?.threads ?? share;
  if (threads !== undefined) env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  const gpus = processes > 1 ? availableGpus() : [];
  if (gpus[0] !== undefined) env['CUDA_VISIBLE_DEVICES'] = gpus[0];
  return { processes, gpus };
}

/** After an epoch: how many are left, and how long they take at the pace of this process. */
function remainingTime(epochs: number): (epoch: number) => string {
  const started = performance.now();
  let firstEpoch: number | undefined;
  return (epoch) => {
    firstEpoch ??= epoch;
    const left = epochs - epoch;
    if (left === 0) return '';
    const minutesPerEpoch = (performance.now() - started) / (epoch - firstEpoch + 1) / 60_000;
    const minutes = minutesPerEpoch * left;
    const duration = minutes < 90 ? `${Math.ceil(minutes)} min` : `${(minutes / 60).toFixed(1)} h`;
    return `; ${left} epoch${left === 1 ? '' : 's'} left, about ${duration}`;
  };
}
