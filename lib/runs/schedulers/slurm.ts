import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { writeAtomic } from '../../io/atomic';
import { errorCode } from '../../io/fileError';
import { appendJsonLine, readJsonLinesIfExists } from '../../io/jsonLines';
import { needs, writePlan, type Job } from '../job/job';
import { quote } from './shell';
import { resumeLater, taskCommand } from './slots';

export interface SlurmOptions {
  /** The folder of all runs, on a file system that every node sees. */
  readonly out: string;
  /** Most tasks of an array that run at once. */
  readonly throttle?: number;
  readonly cpus?: number;
  /** Processes of a task that share each batch. */
  readonly processes?: number;
  /** Further options of sbatch, such as `--partition=gpu`. */
  readonly options?: readonly string[];
  /** Largest array that is submitted; Slurm's own limit unless told. */
  readonly chunk?: number;
  /** Times that a killed task is begun again; tasks that stop with a checkpoint go on as often as need be. */
  readonly restarts?: number;
}

const submission = z.object({ time: z.string(), array: z.string(), ids: z.array(z.string()) });

/** An array as it was submitted: its number at Slurm, and the jobs of its tasks in their order. */
export type Submission = z.infer<typeof submission>;

/**
 * Submits jobs as arrays: those that need the same teachers together, after these; in chunks where there are more than an array
 * may hold. Jobs that Slurm has already are left to it. Every submission is noted in `slurm/submissions.jsonl` of the folder.
 */
export async function submitSlurm(jobs: readonly Job[], options: SlurmOptions): Promise<Submission[]> {
  const { out } = options;
  const queued = await queuedTasks(out);
  const plan = await writePlan(jobs, out);
  await mkdir(path.join(out, 'slurm'), { recursive: true });
  const largest = options.chunk ?? maxArraySize();
  const submitted: Submission[] = [];
  for (const group of groups(
    jobs.filter(({ id }) => !queued.has(id)),
    jobs,
  )) {
    // Tasks that must be finished before: those of this call, or of one before it.
    const after = group.needs.flatMap((id) => taskOf(id, submitted) ?? queued.get(id)?.task ?? []);
    for (let start = 0; start < group.jobs.length; start += largest) {
      const chunk = group.jobs.slice(start, start + largest);
      const script = path.join(out, 'slurm', `${path.basename(plan, '.jsonl')}-${chunk[0]!.id}.sh`);
      await writeAtomic(
        script,
        arrayScript(
          plan,
          chunk.map(({ id }) => jobs.findIndex((one) => one.id === id)),
          options,
        ),
      );
      const answer = slurm('sbatch', [
        // As arguments: a line of the script could not hold blanks.
        '--parsable',
        `--chdir=${process.cwd()}`,
        `--output=${path.resolve(out, 'slurm')}/%A_%a.log`,
        `--array=0-${chunk.length - 1}${options.throttle === undefined ? '' : `%${options.throttle}`}`,
        ...(after.length > 0 ? [`--dependency=afterok:${after.join(':')}`, '--kill-on-invalid-dep=yes'] : []),
        ...(options.options ?? []),
        script,
      ]);
      const note = {
        time: new Date().toISOString(),
        array: answer.split(';')[0]!.trim(),
        ids: chunk.map(({ id }) => id),
      };
      await appendJsonLine(submissionsFile(out), note);
      submitted.push(note);
    }
  }
  return submitted;
}

/** The tasks of a folder's jobs that Slurm still has, by the job's id: the task's name and its state in Slurm's words. */
export async function queuedTasks(
  out: string,
): Promise<ReadonlyMap<string, { readonly task: string; readonly state: string }>> {
  const submissions = await readJsonLinesIfExists(submissionsFile(out), (value) => submission.parse(value));
  if (submissions.length === 0) return new Map();
  const states = new Map(
    slurm('squeue', ['--noheader', '--array', '--format=%F_%K %T'])
      .trim()
      .split('\n')
      .map((line) => line.trim().split(' ') as [string, string]),
  );
  return new Map(
    submissions.flatMap(({ array, ids }) =>
      ids.flatMap((id, index) => {
        const task = `${array}_${index}`;
        const state = states.get(task);
        return state === undefined ? [] : [[id, { task, state }] as const];
      }),
    ),
  );
}

/** The batch script of an array whose task i runs a line of the plan. */
export function arrayScript(
  plan: string,
  lines: readonly number[],
  { out, cpus, processes, restarts = 3 }: SlurmOptions,
): string {
  const command = taskCommand(path.resolve(plan), '@line@', path.resolve(out), processes)
    .map(quote)
    .join(' ')
    .replace('@line@', '"${lines[SLURM_ARRAY_TASK_ID]}"');
  return `#!/bin/bash
#SBATCH --job-name=ofa-kd
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
#SBATCH --cpus-per-task=${cpus ?? 1}
lines=(${lines.join(' ')})
${command} &
task=$!
trap 'kill -TERM $task' USR1 TERM
# A trapped signal ends the first wait at once; the task then takes its time for the checkpoint.
wait $task; code=$?
while kill -0 $task 2>/dev/null; do wait $task; code=$?; done
# ${resumeLater} asks to be run again; above 128 the task was killed.
if [ $code -eq ${resumeLater} ] || { [ $code -gt 128 ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${restarts} ]; }; then
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}" && sleep 60
fi
exit $code
`;
}

/** Jobs that need the same ones, those without needs first. */
function groups(
  jobs: readonly Job[],
  all: readonly Job[],
): { readonly needs: readonly string[]; readonly jobs: readonly Job[] }[] {
  const found = new Map<string, { needs: readonly string[]; jobs: Job[] }>();
  for (const job of jobs) {
    const before = needs(job, all).map(({ id }) => id);
    const group = found.get(before.join()) ?? { needs: before, jobs: [] };
    group.jobs.push(job);
    found.set(before.join(), group);
  }
  return [...found.values()].sort((a, b) => a.needs.length - b.needs.length);
}

function taskOf(id: string, submissions: readonly Submission[]): string | undefined {
  const found = submissions.find(({ ids }) => ids.includes(id));
  return found && `${found.array}_${found.ids.indexOf(id)}`;
}

function maxArraySize(): number {
  const [, size] = /MaxArraySize\s*=\s*(\d+)/.exec(slurm('scontrol', ['show', 'config'])) ?? [];
  return size === undefined ? 1001 : Number(size);
}

function slurm(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      throw new UserError(`${program} is not installed here. Run this on a login node of the Slurm cluster.`);
    const told =
      typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new UserError(`${program} ${args.join(' ')} failed: ${told}`);
  }
}

function submissionsFile(out: string): string {
  return path.join(out, 'slurm', 'submissions.jsonl');
}
