import path from 'node:path';
import { MultiBar, Presets, SingleBar } from 'cli-progress';
import { cifar100Archive } from '../../lib/data/cifar/cifar100';
import { recordsIn } from '../../lib/results/records/readRecords';
import { publishFinished } from '../../lib/runs/job/finishRun';
import { replacedWeights } from '../../lib/runs/runFolder/inputWeights';
import { runGrid, type Outcome } from '../../lib/runs/schedulers/grid';
import { homeOf } from '../../lib/runs/runFolder/paths';
import { finishedRecord, writePlan, type Job } from '../../lib/runs/job/job';
import { indexedJob } from '../../lib/runs/schedulers/kubernetes';
import { runRayTask } from '../../lib/runs/schedulers/ray';
import { gpus, resumeLater, runTask, slotEnvironment, taskCommand } from '../../lib/runs/schedulers/slots';
import { submitSlurm } from '../../lib/runs/schedulers/slurm';
import { stopSignal } from '../cli/stopSignal';
import type { Choice, Place } from './choice';
import { estimated, note, results } from './records';

/** Runs or submits what is not finished yet. */
export async function execute(all: readonly Job[], choice: Choice & Place): Promise<void> {
  // Whatever starts a job hands it this process's environment.
  if (choice.mlflow !== undefined) process.env['MLFLOW_TRACKING_URI'] = choice.mlflow;
  const recorded = new Set(choice.unrecorded ? (await recordsIn(results)).map(({ id }) => id) : []);
  const jobs: Job[] = [];
  for (const job of all.filter(({ id }) => !recorded.has(id))) {
    const record = await finishedRecord(job, choice.out);
    if (!record) {
      jobs.push(job);
      continue;
    }
    const fault = await replacedWeights(job, homeOf(job, choice.out), record);
    if (fault) console.error(`${job.row}, seed ${job.recipe.seed}: ${fault.message}`);
    await publishFinished(job, choice.out);
    await note(job, record, choice.out);
  }
  console.error(
    `${all.length - jobs.length} of ${all.length} jobs are finished${choice.unrecorded ? ' or recorded' : ''}.`,
  );
  if (jobs.length === 0) return;
  if (choice.backend !== 'kubernetes' && jobs.some(({ recipe }) => recipe.data.name === 'cifar-100'))
    await fetchImages();
  switch (choice.backend) {
    case 'slurm': {
      const submitted = await submitSlurm(jobs, {
        out: choice.out,
        throttle: choice.jobs > 1 ? choice.jobs : undefined,
        cpus: choice.cpus,
        processes: choice.processes,
        options: choice.sbatch?.trim().split(/\s+/),
      });
      for (const { array, ids } of submitted) console.log(`Slurm array ${array}: ${ids.length} jobs`);
      if (submitted.length === 0) console.log('Slurm has them all already.');
      return;
    }
    case 'kubernetes': {
      const manifest = indexedJob({
        name: `ofa-kd-${jobs[jobs.length - 1]!.experiment}`,
        plan: await writePlan(jobs, choice.out),
        out: choice.out,
        project: process.cwd(),
        jobs: jobs.length,
        parallelism: choice.jobs,
        image: choice.image,
        claim: choice.claim,
        cpus: choice.cpus ?? 1,
        gpus: choice.gpus,
        processes: choice.processes,
      });
      console.log(JSON.stringify(manifest, null, 2));
      console.error(
        'A manifest for kubectl apply -f -, checked against the schema of Kubernetes and untested on a cluster. Train missing teachers first.',
      );
      return;
    }
    case 'local':
    case 'ray':
      return runHere(jobs, choice);
  }
}

/** Once, before many processes would each fetch them. */
async function fetchImages(): Promise<void> {
  const bar = new SingleBar(
    { format: 'CIFAR-100 [{bar}] {percentage} % | {eta_formatted} left' },
    Presets.shades_classic,
  );
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

async function runHere(jobs: readonly Job[], choice: Choice & Place): Promise<void> {
  const signal = stopSignal();
  const file = await writePlan(jobs, choice.out);
  console.error((await estimated(jobs, choice.out)).total);
  let done = 0;
  const bars = new MultiBar(
    {
      format: '{row} [{bar}] {percentage} % | {eta_formatted} left | loss {loss}',
      etaBuffer: 200,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  const outcomes = await runGrid(jobs, {
    slots: choice.jobs,
    signal,
    execute: (job, slot) => {
      const task = taskCommand(file, jobs.indexOf(job), choice.out, choice.processes);
      if (choice.backend === 'ray')
        return runRayTask(task, {
          address: choice.address,
          cpus: choice.cpus ?? 1,
          gpus: choice.gpus,
          environment: engineVariables(),
          signal,
        });
      return onThisMachine(job, task, slotEnvironment(slot, choice.jobs, gpus(), choice.processes), bars, signal);
    },
    onOutcome: async (job, outcome) => {
      const record = outcome === 'finished' ? await finishedRecord(job, choice.out) : undefined;
      if (record) await note(job, record, choice.out);
      if (outcome === 'finished' && ++done < jobs.length && !process.stderr.isTTY)
        console.log(`${done} of ${jobs.length} jobs done`);
      if (outcome === 'failed')
        console.error(
          `${job.row}, seed ${job.recipe.seed} failed; its log is ${path.join(homeOf(job, choice.out), 'log')}`,
        );
    },
  }).finally(() => bars.stop());
  const count = (wanted: Outcome): number => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
  if (count('failed') > 0) process.exitCode = 1;
  else if (count('later') + count('held') > 0) process.exitCode = resumeLater;
  if (process.exitCode)
    console.log(
      `${count('finished')} finished, ${count('failed')} failed, ${count('later') + count('held')} to be gone on with: the same command does so, from their checkpoints.`,
    );
}

async function onThisMachine(
  job: Job,
  task: readonly string[],
  environment: Record<string, string>,
  bars: MultiBar,
  signal: AbortSignal,
): Promise<Outcome> {
  // Where the output goes to a file, its lines are progress enough.
  const bar = process.stderr.isTTY ? bars.create(1, 0, { row: job.row, loss: '–' }) : undefined;
  try {
    return await runTask(task, {
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

/** What a run wants to find where another machine's agent starts a job. */
function engineVariables(): Record<string, string> {
  return Object.fromEntries(
    [
      'TF_CPP_MIN_LOG_LEVEL',
      'TF_FORCE_GPU_ALLOW_GROWTH',
      'NVIDIA_TF32_OVERRIDE',
      'LD_LIBRARY_PATH',
      'CIFAR100_ARCHIVE',
      'OFA_DEVICE',
      'MLFLOW_TRACKING_URI',
    ].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
