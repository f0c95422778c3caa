import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { writeAtomic } from '../../io/atomic';
import { errorCode } from '../../io/fileError';
import { appendJsonLine, readJsonLinesIfExists } from '../../io/jsonLines';
import type { Job } from '../plan/job';
import { prerequisites } from '../plan/plan';
import { writePlan } from '../plan/planFile';
import { pausedExitCode, shellQuote, taskCommand, type Task } from './task';

export interface SlurmOptions extends Pick<Task, 'program' | 'processes'> {
  /** The folder of all runs, on a file system that every node sees. */
  readonly out: string;
  /** Maximum number of tasks of an array that run at the same time. Default: no limit. */
  readonly throttle?: number;
  /** CPUs of a task. Default: 1. */
  readonly cpus?: number;
  /** Further options of sbatch, such as `--partition=gpu`. */
  readonly options?: readonly string[];
  /** Maximum number of tasks in an array. Default: Slurm's MaxArraySize. */
  readonly maxArraySize?: number;
  /** How often a task that was killed is requeued. Default: 3. Paused tasks are requeued without a limit. */
  readonly restarts?: number;
}

const submission = z.object({ time: z.string(), array: z.string(), ids: z.array(z.string()) });

/** A submitted array: its Slurm id, and the ids of the jobs of its tasks in order. */
export type Submission = z.infer<typeof submission>;

/**
 * Submits jobs as arrays. Jobs with the same prerequisites share an array, which depends on them; larger groups are
 * split at the maximum array size. Jobs that Slurm has in its queue already are left out. Records each array in
 * `slurm/submissions.jsonl`.
 */
export async function submitSlurm(jobs: readonly Job[], options: SlurmOptions): Promise<Submission[]> {
  const { out } = options;
  const queued = await queuedTasks(out);
  const plan = await writePlan(jobs, out);
  await mkdir(path.join(out, 'slurm'), { recursive: true });
  const size = options.maxArraySize ?? maxArraySize();
  const lineOf = ({ id }: Job): number => jobs.findIndex((job) => job.id === id);

  const submitted: Submission[] = [];
  const pending = jobs.filter(({ id }) => !queued.has(id));
  for (const group of groupByPrerequisites(pending, jobs)) {
    // Tasks of this call, or of an earlier one that are still in the queue.
    const after = group.prerequisites.flatMap((id) => taskOf(id, submitted) ?? queued.get(id)?.task ?? []);
    for (let start = 0; start < group.jobs.length; start += size) {
      const chunk = group.jobs.slice(start, start + size);
      const script = path.join(out, 'slurm', `${path.basename(plan, '.jsonl')}-${chunk[0]!.id}.sh`);
      await writeAtomic(script, arrayScript(plan, chunk.map(lineOf), options));
      const array = submitArray(script, chunk.length, after, options);
      const entry = { time: new Date().toISOString(), array, ids: chunk.map(({ id }) => id) };
      await appendJsonLine(submissionsFile(out), entry);
      submitted.push(entry);
    }
  }
  return submitted;
}

/** A task in Slurm's queue: its name `ARRAY_INDEX`, and its state in Slurm's terms. */
export interface QueuedTask {
  readonly task: string;
  readonly state: string;
}

/**
 * The tasks of a folder of runs that are in Slurm's queue, by the id of their job. Does not call Slurm if nothing was
 * submitted.
 */
export async function queuedTasks(out: string): Promise<ReadonlyMap<string, QueuedTask>> {
  const submissions = await readJsonLinesIfExists(submissionsFile(out), (value) => submission.parse(value), {
    mayBeCut: true,
  });
  if (submissions.length === 0) return new Map();
  const lines = slurm('squeue', ['--noheader', '--array', '--format=%F_%K %T']).trim().split('\n');
  const states = new Map(lines.map((line) => line.trim().split(' ') as [task: string, state: string]));
  const queued = new Map<string, QueuedTask>();
  for (const { array, ids } of submissions) {
    for (const [index, id] of ids.entries()) {
      const task = `${array}_${index}`;
      const state = states.get(task);
      if (state !== undefined) queued.set(id, { task, state });
    }
  }
  return queued;
}

/** The batch script of an array. Task i runs the i-th of the given lines of the plan, counted from 0. */
export function arrayScript(
  plan: string,
  lines: readonly number[],
  { program, out, cpus = 1, processes, restarts = 3 }: Omit<SlurmOptions, 'options'>,
): string {
  const index = '@line@';
  const command = taskCommand({ program, plan: path.resolve(plan), index, out: path.resolve(out), processes })
    .map(shellQuote)
    .join(' ')
    .replace(index, '"${lines[SLURM_ARRAY_TASK_ID]}"');
  return `#!/bin/bash
#SBATCH --job-name=ofa-kd
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
#SBATCH --cpus-per-task=${cpus}
lines=(${lines.join(' ')})
${command} &
task=$!
trap 'kill -TERM $task' USR1 TERM
# A trapped signal ends the first wait at once, while the task still writes its checkpoint.
wait $task; code=$?
while kill -0 $task 2>/dev/null; do wait $task; code=$?; done
# Exit code ${pausedExitCode}: paused, to be resumed. Above 128: killed by a signal.
if [ $code -eq ${pausedExitCode} ] || { [ $code -gt 128 ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${restarts} ]; }; then
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}" && sleep 60
fi
exit $code
`;
}

/** Submits an array script that starts after the given tasks have succeeded. Returns the id of the array. */
function submitArray(
  script: string,
  size: number,
  after: readonly string[],
  { out, throttle, options = [] }: SlurmOptions,
): string {
  const limit = throttle === undefined ? '' : `%${throttle}`;
  // Paths are arguments: an #SBATCH line of the script cannot hold blanks.
  const answer = slurm('sbatch', [
    '--parsable',
    `--chdir=${process.cwd()}`,
    `--output=${path.resolve(out, 'slurm')}/%A_%a.log`,
    `--array=0-${size - 1}${limit}`,
    ...(after.length > 0 ? [`--dependency=afterok:${after.join(':')}`, '--kill-on-invalid-dep=yes'] : []),
    ...options,
    script,
  ]);
  return answer.split(';')[0]!.trim();
}

interface JobGroup {
  /** Ids of the jobs that must finish before. */
  readonly prerequisites: readonly string[];
  readonly jobs: Job[];
}

/** Jobs with the same prerequisites together, those without any first. */
function groupByPrerequisites(jobs: readonly Job[], all: readonly Job[]): JobGroup[] {
  const groups = new Map<string, JobGroup>();
  for (const job of jobs) {
    const before = prerequisites(job, all).map(({ id }) => id);
    const group = groups.get(before.join()) ?? { prerequisites: before, jobs: [] };
    group.jobs.push(job);
    groups.set(before.join(), group);
  }
  return [...groups.values()].sort((a, b) => a.prerequisites.length - b.prerequisites.length);
}

function taskOf(id: string, submissions: readonly Submission[]): string | undefined {
  const found = submissions.find(({ ids }) => ids.includes(id));
  return found && `${found.array}_${found.ids.indexOf(id)}`;
}

/** MaxArraySize of the cluster; 1001, Slurm's own default, if its configuration does not list it. */
function maxArraySize(): number {
  const [, size] = /MaxArraySize\s*=\s*(\d+)/.exec(slurm('scontrol', ['show', 'config'])) ?? [];
  return size === undefined ? 1001 : Number(size);
}

function slurm(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      throw new UserError(`${program} is not installed. Run this command on a login node of the Slurm cluster.`);
    }
    const hasOutput = typeof error === 'object' && error !== null && 'stderr' in error;
    const output = hasOutput ? String(error.stderr).trim() : String(error);
    throw new UserError(`${program} ${args.join(' ')} failed: ${output}`);
  }
}

function submissionsFile(out: string): string {
  return path.join(out, 'slurm', 'submissions.jsonl');
}
