import path from 'node:path';
import { MultiBar, Presets, SingleBar } from 'cli-progress';
import { cifar100Archive } from '../../lib/data/datasets/cifar100/cifar100';
import { trainingVersion } from '../../lib/training/trainingVersion';
import { recordsIn } from '../../lib/results/records/readRecords';
import { exportWeights } from '../../lib/runs/execution/finishRun';
import { jobNetworks } from '../../lib/runs/inputs/jobNetworks';
import type { Job } from '../../lib/runs/plan/job';
import { writePlan } from '../../lib/runs/plan/planFile';
import { finishedRecord } from '../../lib/runs/runFolder/finishedRecord';
import { replacedWeightsError } from '../../lib/runs/runFolder/inputWeights';
import { runFolderOf } from '../../lib/runs/runFolder/paths';
import { runGrid, type Outcome } from '../../lib/runs/schedulers/grid';
import { indexedJob } from '../../lib/runs/schedulers/kubernetes';
import { availableGpus, runLocalTask, slotEnvironment } from '../../lib/runs/schedulers/localSlots';
import { runRayTask } from '../../lib/runs/schedulers/ray';
import { submitSlurm } from '../../lib/runs/schedulers/slurm';
import { pausedExitCode, taskCommand } from '../../lib/runs/schedulers/task';
import { jobProgram } from '../cli/jobProgram';
import { stopSignal } from '../cli/stopSignal';
import type { Backend, Selected } from './options';
import { addRecord, planLines, projectRecords } from './records';

type Options = Selected & Backend;

/** Runs or submits the jobs that are not finished. */
export async function runJobs(all: readonly Job[], options: Options): Promise<void> {
  // Every backend passes the environment of this process on to its jobs.
  if (options.mlflow !== undefined) process.env['MLFLOW_TRACKING_URI'] = options.mlflow;
  const { jobs, errors } = await unfinishedJobs(all, options);
  const recorded = options.unrecorded ? ' or recorded' : '';
  console.error(`${all.length - jobs.length - errors.length} of ${all.length} jobs are finished${recorded}.`);
  if (jobs.length > 0) await startJobs(jobs, options);
  if (errors.length === 0) return;
  console.error(errors.join('\n'));
  process.exitCode = 1;
}

async function startJobs(jobs: readonly Job[], options: Options): Promise<void> {
  const usesCifar100 = jobs.some(({ recipe }) => recipe.data.name === 'cifar-100');
  if (options.backend !== 'kubernetes' && usesCifar100) await fetchCifar100();
  switch (options.backend) {
    case 'slurm':
      return submitToSlurm(jobs, options);
    case 'kubernetes':
      return printKubernetesJob(jobs, options);
    case 'local':
    case 'ray':
      return runGridHere(jobs, options);
  }
}

interface Unfinished {
  readonly jobs: readonly Job[];
  /** Of finished runs that started with other weights or networks than now, whose results are not those of the jobs. */
  readonly errors: readonly string[];
}

/**
 * The jobs without a finished run. Exports the weights of finished ones and adds their records, where that is
 * missing.
 */
async function unfinishedJobs(all: readonly Job[], { out, unrecorded }: Options): Promise<Unfinished> {
  const current = (await recordsIn(projectRecords)).filter((record) => record.trainingVersion === trainingVersion);
  const recorded = new Set(unrecorded ? current.map(({ id }) => id) : []);
  const jobs: Job[] = [];
  const errors: string[] = [];
  for (const job of all.filter(({ id }) => !recorded.has(id))) {
    const record = await finishedRecord(job, out);
    if (!record) {
      jobs.push(job);
      continue;
    }
    const networks = await jobNetworks(job);
    const error = await replacedWeightsError(job.recipe, runFolderOf(job, out), record, networks);
    if (error) {
      errors.push(`${jobTitle(job)}: ${error.message}`);
      continue;
    }
    await exportWeights(job, out);
    await addRecord(job, record, out);
  }
  return { jobs, errors };
}

/** Downloads the archive once, before many jobs would each download it. */
async function fetchCifar100(): Promise<void> {
  const format = 'CIFAR-100 [{bar}] {percentage} % | {eta_formatted} left';
  const bar = new SingleBar({ format }, Presets.shades_classic);
  try {
    await cifar100Archive({
      onProgress: ({ received, total = received }) => {
        if (!bar.isActive) bar.start(total, 0);
        bar.update(received);
      },
    });
  } finally {
    bar.stop();
  }
}

async function submitToSlurm(jobs: readonly Job[], options: Options): Promise<void> {
  const submitted = await submitSlurm(jobs, {
    program: jobProgram,
    out: options.out,
    throttle: options.jobs > 1 ? options.jobs : undefined,
    cpus: options.cpus,
    processes: options.processes,
    options: options.sbatch?.trim().split(/\s+/),
  });
  for (const { array, ids } of submitted) console.log(`Slurm array ${array}: ${ids.length} jobs`);
  if (submitted.length === 0) console.log('All jobs are in the queue of Slurm already.');
}

async function printKubernetesJob(jobs: readonly Job[], options: Options): Promise<void> {
  const [, ...programArguments] = jobProgram;
  const manifest = indexedJob({
    name: `ofa-kd-${jobs[jobs.length - 1]!.experiment}`,
    plan: await writePlan(jobs, options.out),
    out: options.out,
    project: process.cwd(),
    // The image has its own Node.
    program: ['node', ...programArguments],
    jobs: jobs.length,
    parallelism: options.jobs,
    image: options.image,
    claim: options.claim,
    cpus: options.cpus ?? 1,
    gpus: options.gpus,
    processes: options.processes,
  });
  console.log(JSON.stringify(manifest, null, 2));
  console.error(
    'This manifest for kubectl apply -f - is checked against the schema of Kubernetes, but has not run on a cluster. ' +
      'Train missing teachers first.',
  );
}

/** Runs the jobs on this machine or on Ray, waits for them, and sets the exit code. */
async function runGridHere(jobs: readonly Job[], options: Options): Promise<void> {
  const { out, processes } = options;
  const signal = stopSignal();
  const plan = await writePlan(jobs, out);
  console.error((await planLines(jobs, out)).total);
  const bars = progressBars();
  const execute = (job: Job, slot: number): Promise<Outcome> => {
    const task = taskCommand({ program: jobProgram, plan, index: jobs.indexOf(job), out, processes });
    if (options.backend === 'ray') return runOnRay(task, options, signal);
    const environment = slotEnvironment(slot, options.jobs, availableGpus(), processes);
    return runOnThisMachine(job, task, environment, bars, signal);
  };
  let done = 0;
  const onOutcome = async (job: Job, outcome: Outcome): Promise<void> => {
    if (outcome === 'failed') {
      console.error(`${jobTitle(job)} failed. Its log is ${path.join(runFolderOf(job, out), 'log')}`);
    }
    if (outcome !== 'finished') return;
    const record = await finishedRecord(job, out);
    if (record) await addRecord(job, record, out);
    if (++done < jobs.length && !process.stderr.isTTY) console.log(`${done} of ${jobs.length} jobs finished`);
  };
  const outcomes = await runGrid(jobs, { slots: options.jobs, signal, execute, onOutcome }).finally(() => bars.stop());
  reportUnfinished([...outcomes.values()]);
}

function reportUnfinished(outcomes: readonly Outcome[]): void {
  const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
  const [finished, failed, paused] = [count('finished'), count('failed'), count('paused') + count('skipped')];
  if (failed + paused === 0) return;
  process.exitCode = failed > 0 ? 1 : pausedExitCode;
  console.log(
    `${finished} finished, ${failed} failed, ${paused} paused or not started. Run the same command again to resume.`,
  );
}

function runOnRay(
  task: readonly string[],
  { address, cpus = 1, gpus }: Options,
  signal: AbortSignal,
): Promise<Outcome> {
  return runRayTask(task, { address, cpus, gpus, environment: engineVariables(), signal });
}

async function runOnThisMachine(
  job: Job,
  task: readonly string[],
  environment: Readonly<Record<string, string>>,
  bars: MultiBar,
  signal: AbortSignal,
): Promise<Outcome> {
  // If the output is a file, the lines of the job show its progress.
  const bar = process.stderr.isTTY ? bars.create(1, 0, { row: job.row, loss: '–' }) : undefined;
  try {
    return await runLocalTask(task, {
      environment,
      signal,
      onLine: (text) => (bar ? bars.log(`${text}\n`) : console.log(text)),
      onEvent: (event) => {
        if (!bar || event.kind !== 'step') return;
        bar.setTotal(event.steps * job.recipe.epochs);
        bar.update((event.epoch - 1) * event.steps + event.step, { loss: event.loss.toFixed(3) });
      },
    });
  } finally {
    if (bar) bars.remove(bar);
  }
}

function progressBars(): MultiBar {
  const format = '{row} [{bar}] {percentage} % | {eta_formatted} left | loss {loss}';
  return new MultiBar({ format, etaBuffer: 200, clearOnComplete: true }, Presets.shades_classic);
}

function jobTitle({ row, recipe }: Job): string {
  return `${row}, seed ${recipe.seed}`;
}

/** The environment variables of this process that a job on another machine needs. */
function engineVariables(): Record<string, string> {
  const names = [
    'TF_CPP_MIN_LOG_LEVEL',
    'TF_FORCE_GPU_ALLOW_GROWTH',
    'NVIDIA_TF32_OVERRIDE',
    'LD_LIBRARY_PATH',
    'CIFAR100_ARCHIVE',
    'OFA_DEVICE',
    'MLFLOW_TRACKING_URI',
  ];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
