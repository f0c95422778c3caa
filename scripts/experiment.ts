import { availableParallelism } from 'node:os';
import path from 'node:path';
import { MultiBar, Presets, SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { cifar100Archive } from '../lib/data/cifar100';
import { experimentNamed, experiments } from '../lib/experiments/experiments';
import { recipeLines } from '../lib/experiments/recipeLines';
import { appendJsonLine } from '../lib/io/jsonLines';
import { tableText } from '../lib/plots/tableText';
import { profiles, type Profile } from '../lib/profile';
import type { RunRecord } from '../lib/results/record';
import { recordsIn } from '../lib/results/recordedRow';
import { experimentTable } from '../lib/results/table';
import { expectedHours } from '../lib/runs/expected';
import { runGrid, type Outcome } from '../lib/runs/grid';
import { homeOf } from '../lib/runs/home';
import { asTold, finishedRecord, jobCommand, plan, withTeachers, writePlan, type Job } from '../lib/runs/job';
import { indexedJob } from '../lib/runs/kubernetes';
import { runRayTask } from '../lib/runs/ray';
import { gpus, resumeLater, runTask, slotEnvironment, taskCommand } from '../lib/runs/slots';
import { queuedTasks, submitSlurm } from '../lib/runs/slurm';
import { jobState, stateText } from '../lib/runs/state';
import { positive, whole } from './cli/arguments';
import { run } from './cli/run';
import { stopSignal } from './cli/stopSignal';

/** npm run experiment --: lists, shows, plans and runs the experiments of `lib/experiments`. */
interface Choice {
  readonly profile: Profile;
  readonly rows?: readonly string[];
  readonly seeds?: readonly number[];
  readonly out: string;
}

interface Place {
  readonly unrecorded?: boolean;
  readonly backend: 'local' | 'slurm' | 'ray' | 'kubernetes';
  readonly jobs: number;
  readonly cpus?: number;
  readonly gpus?: number;
  readonly processes: number;
  readonly address: string;
  readonly sbatch?: string;
  readonly image: string;
  readonly claim: string;
}

const results = path.join('data', 'results');

const command = new Command('npm run experiment --').description('Runs the tables, figures and ablations of the paper.');

command.command('list').description('the experiments by name').action(() => {
  for (const { name, title, rows } of Object.values(experiments)) {
    const sizes = (Object.keys(rows) as Profile[]).filter((profile) => rows[profile].length > 0).map((profile) => `${profile} ${rows[profile].length}`);
    console.log(`${name.padEnd(16)} ${title} (rows: ${sizes.join(', ')})`);
  }
});

withChoice(command.command('show')).description('what an experiment asks, its rows and their recipes, each number of the paper’s with where it stands').action((name: string, choice: Choice) => {
  const experiment = experimentNamed(name);
  const jobs = plan(experiment, choice.profile, choice);
  console.log(`${experiment.title}\n${jobs.length} jobs at the profile ${choice.profile}\n`);
  for (const row of experiment.rows[choice.profile].filter((one) => jobs.some((job) => job.row === one.name))) console.log(`${row.name}\n${recipeLines(row).map((line) => `  ${line}`).join('\n')}\n`);
});

withChoice(command.command('plan')).description('the jobs, one line of JSON each, and the hours that they will take').action(async (name: string, choice: Choice) => {
  const { lines, total } = await estimated(withTeachers(plan(experimentNamed(name), choice.profile, choice), Object.values(experiments)), choice.out);
  for (const line of lines) console.log(JSON.stringify(line));
  console.error(total);
});

withChoice(command.command('status')).description('which jobs are finished, and where the others stand').action(async (name: string, choice: Choice) => {
  const queued = await queuedTasks(choice.out);
  for (const job of plan(experimentNamed(name), choice.profile, choice)) {
    const state = await jobState(job, choice.out);
    const task = state.kind === 'finished' ? undefined : queued.get(job.id);
    console.log(`${job.id}  ${job.row.padEnd(32)} seed ${job.recipe.seed}  ${stateText(state)}${task ? ` (Slurm ${task.task}: ${task.state})` : ''}`);
  }
});

withChoice(command.command('table')).description('the results, seeds together').action(async (name: string, choice: Choice) => {
  const jobs = plan(experimentNamed(name), choice.profile, choice);
  const rows = experimentTable([...new Set(jobs.map(({ row }) => row))], await recordsOf(jobs, choice.out));
  console.log(tableText({
    columns: Object.keys(rows[0]!), rows: rows.map((row) => Object.values(row) as (string | number | null)[]),
    caption: `${experimentNamed(name).title} Profile ${choice.profile}; top-1 is that of the last epoch.`,
  }));
});

withPlace(withChoice(command.command('run'))).description('runs the jobs that are not finished, first those that train their teachers')
  .action((name: string, choice: Choice & Place) => execute(withTeachers(plan(experimentNamed(name), choice.profile, choice), Object.values(experiments)), choice));

withPlace(withChoice(command.command('retry'))).description('runs again the jobs that failed').action(async (name: string, choice: Choice & Place) => {
  const failed: Job[] = [];
  for (const job of plan(experimentNamed(name), choice.profile, choice)) if ((await jobState(job, choice.out)).kind === 'failed') failed.push(job);
  if (failed.length === 0) console.log('No job has failed.');
  else await execute(failed, choice);
});

void run(command);

function withChoice(sub: Command): Command {
  return sub.argument('<name>')
    .addOption(new Option('--profile <name>', 'how large').choices(profiles).default('laptop'))
    .option('--rows <names>', 'only these rows, by commas', (text: string) => text.split(','))
    .option('--seeds <numbers>', 'these seeds, by commas', (text: string) => text.split(',').map(whole))
    .option('--out <folder>', 'where the runs are kept', 'runs');
}

function withPlace(sub: Command): Command {
  return sub
    .option('--unrecorded', 'only jobs of which data/results has no record: what others have run is not run again')
    .addOption(new Option('--backend <name>', 'where the jobs run').choices(['local', 'slurm', 'ray', 'kubernetes']).default('local'))
    .option('--jobs <number>', 'jobs at a time: on this machine each has its share of the threads, or a GPU; for Slurm the throttle of an array', positive, 1)
    .option('--cpus <number>', 'threads of a job, for Slurm, Ray and Kubernetes', positive)
    .option('--gpus <number>', 'GPUs of a job, for Ray and Kubernetes; Slurm’s are named by --sbatch', positive)
    .option('--mlflow <address>', 'a server that is to have the runs too, as http://127.0.0.1:5000; that of MLFLOW_TRACKING_URI unless told', (address: string) => { process.env['MLFLOW_TRACKING_URI'] = address; })
    .option('--processes <number>', 'processes of a job that share each batch; its recipe’s accumulation must be a multiple of them', positive, 1)
    .option('--sbatch <options>', 'further options of sbatch, as in "--partition=gpu --gres=gpu:1"')
    .option('--address <url>', 'the dashboard of Ray’s head', 'http://127.0.0.1:8265')
    .option('--image <name>', 'for Kubernetes: an image with Node and this project’s libraries', 'node:22')
    .option('--claim <name>', 'for Kubernetes: the claim of the volume that holds this project', 'ofa-kd');
}

/** Runs or submits what is not finished yet. */
async function execute(all: readonly Job[], choice: Choice & Place): Promise<void> {
  const recorded = new Set(choice.unrecorded ? (await recordsIn(results)).map(({ id }) => id) : []);
  const jobs: Job[] = [];
  for (const job of all.filter(({ id }) => !recorded.has(id))) {
    const record = await finishedRecord(job, choice.out);
    if (record) await note(job, record, choice.out);
    else jobs.push(job);
  }
  console.error(`${all.length - jobs.length} of ${all.length} jobs are finished${choice.unrecorded ? ' or recorded' : ''}.`);
  if (jobs.length === 0) return;
  if (choice.backend !== 'kubernetes' && jobs.some(({ recipe }) => recipe.data.name === 'cifar-100')) await fetchImages();
  switch (choice.backend) {
    case 'slurm': {
      const submitted = await submitSlurm(jobs, { out: choice.out, throttle: choice.jobs > 1 ? choice.jobs : undefined, cpus: choice.cpus, processes: choice.processes, options: choice.sbatch?.split(' ') });
      for (const { array, ids } of submitted) console.log(`Slurm array ${array}: ${ids.length} jobs`);
      if (submitted.length === 0) console.log('Slurm has them all already.');
      return;
    }
    case 'kubernetes': {
      const manifest = indexedJob({
        name: `ofa-kd-${jobs[jobs.length - 1]!.experiment}`, plan: await writePlan(jobs, choice.out), out: choice.out, project: process.cwd(), jobs: jobs.length,
        parallelism: choice.jobs, image: choice.image, claim: choice.claim, cpus: choice.cpus ?? 1, gpus: choice.gpus, processes: choice.processes,
      });
      console.log(JSON.stringify(manifest, null, 2));
      console.error('A manifest for kubectl apply -f -, checked against the schema of Kubernetes and untested on a cluster. Train missing teachers first.');
      return;
    }
    case 'local':
    case 'ray': return runHere(jobs, choice);
  }
}

/** Once, before many processes would each fetch them. */
async function fetchImages(): Promise<void> {
  const bar = new SingleBar({ format: 'CIFAR-100 [{bar}] {percentage} % | {eta_formatted} left' }, Presets.shades_classic);
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
  const bars = new MultiBar({ format: '{row} [{bar}] {percentage} % | {eta_formatted} left | loss {loss}', etaBuffer: 200, clearOnComplete: true }, Presets.shades_classic);
  const outcomes = await runGrid(jobs, {
    slots: choice.jobs, signal,
    execute: (job, slot) => {
      const task = taskCommand(file, jobs.indexOf(job), choice.out, choice.processes);
      if (choice.backend === 'ray') return runRayTask(task, { address: choice.address, cpus: choice.cpus ?? 1, gpus: choice.gpus, environment: engineVariables(), signal });
      return onThisMachine(job, task, slotEnvironment(slot, choice.jobs, gpus(), choice.processes), bars, signal);
    },
    onOutcome: async (job, outcome) => {
      const record = outcome === 'finished' ? await finishedRecord(job, choice.out) : undefined;
      if (record) await note(job, record, choice.out);
      if (outcome === 'finished' && ++done < jobs.length && !process.stderr.isTTY) console.log(`${done} of ${jobs.length} jobs done`);
      if (outcome === 'failed') console.error(`${job.row}, seed ${job.recipe.seed} failed; its log is ${path.join(homeOf(job, choice.out), 'log')}`);
    },
  }).finally(() => bars.stop());
  const count = (wanted: Outcome): number => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
  if (count('failed') > 0) process.exitCode = 1;
  else if (count('later') + count('held') > 0) process.exitCode = resumeLater;
  if (process.exitCode) console.log(`${count('finished')} finished, ${count('failed')} failed, ${count('later') + count('held')} to be gone on with: the same command does so, from their checkpoints.`);
}

async function onThisMachine(job: Job, task: readonly string[], environment: Record<string, string>, bars: MultiBar, signal: AbortSignal): Promise<Outcome> {
  // Where the output goes to a file, its lines are progress enough.
  const bar = process.stderr.isTTY ? bars.create(1, 0, { row: job.row, loss: '–' }) : undefined;
  try {
    return await runTask(task, {
      environment, signal,
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

/** Appends a record where no experiment has noted it yet: those of the laptop profile belong to the project, others to their folder. */
async function note(job: Job, record: RunRecord, out: string): Promise<void> {
  const folder = job.profile === 'laptop' ? results : path.join(out, 'results');
  const noted = await recordsIn(folder);
  if (!noted.some(({ id, started }) => id === record.id && started === record.started)) await appendJsonLine(path.join(folder, `${job.experiment}.jsonl`), record);
}

/** The records of the folder of runs, and where it has none those that the project holds. */
async function recordsOf(jobs: readonly Job[], out: string): Promise<RunRecord[]> {
  const recorded = new Map((await recordsIn(results)).map((record) => [record.id, record]));
  const found: RunRecord[] = [];
  for (const job of jobs) {
    const record = await finishedRecord(job, out) ?? recorded.get(job.id);
    if (record) found.push(asTold(job, record));
  }
  return found;
}

async function estimated(jobs: readonly Job[], out: string): Promise<{ readonly lines: readonly object[]; readonly total: string }> {
  const past = await recordsIn(results);
  const threads = availableParallelism();
  const lines = [];
  let [hours, unknown, finished] = [0, 0, 0];
  for (const job of jobs) {
    const expected = expectedHours(job.recipe, threads, past);
    if (await finishedRecord(job, out)) finished++;
    else if (expected === null) unknown++;
    else hours += expected;
    lines.push({ ...job, command: jobCommand(job), expectedHours: expected === null ? null : Number(expected.toFixed(3)) });
  }
  return { lines, total: `${jobs.length} jobs, ${finished} finished; the others take about ${hours.toFixed(1)} hours on ${threads} threads${unknown > 0 ? `, and ${unknown} of them are of networks whose speed has not been measured` : ''}.` };
}

/** What a run wants to find where another machine's agent starts a job. */
function engineVariables(): Record<string, string> {
  return Object.fromEntries(['TF_CPP_MIN_LOG_LEVEL', 'TF_FORCE_GPU_ALLOW_GROWTH', 'NVIDIA_TF32_OVERRIDE', 'LD_LIBRARY_PATH', 'CIFAR100_ARCHIVE', 'OFA_DEVICE', 'MLFLOW_TRACKING_URI'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }));
}
