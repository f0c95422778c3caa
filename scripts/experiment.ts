import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import type { Profile } from '../lib/experiments/experiment';
import { experimentNamed, experiments } from '../lib/experiments/experiments';
import { appendJsonLine } from '../lib/io/jsonLines';
import { finishedRecord, plan, runJob, type Job } from '../lib/runs/job';
import { run } from './cli/run';

/** npm run experiment --: lists, shows, plans and runs the experiments of `lib/experiments`. */
interface Choice {
  readonly profile: Profile;
  readonly rows?: readonly string[];
  readonly seeds?: readonly number[];
  readonly out: string;
}

const resumeLater = 75;

const command = new Command('npm run experiment --').description('Runs the tables, figures and ablations of the paper.');

command.command('list').description('the experiments by name').action(() => {
  for (const { name, title, rows } of Object.values(experiments)) console.log(`${name.padEnd(12)} ${title} (${rows.laptop.length} rows)`);
});

withChoice(command.command('plan').argument('<name>')).description('the jobs, one line of JSON each').action((name: string, choice: Choice) => {
  for (const job of jobs(name, choice)) console.log(JSON.stringify(job));
});

withChoice(command.command('status').argument('<name>')).description('which jobs are finished').action(async (name: string, choice: Choice) => {
  for (const job of jobs(name, choice)) {
    const record = await finishedRecord(job, choice.out);
    console.log(`${job.id}  ${job.row.padEnd(16)} seed ${job.recipe.seed}  ${record ? `top-1 ${record.top1.toFixed(2)} %` : 'not finished'}`);
  }
});

withChoice(command.command('run').argument('<name>')).description('runs the jobs that are not finished, one after the other')
  .action(async (name: string, choice: Choice) => {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.once(signal, () => stop.abort());
    try {
      for (const job of jobs(name, choice)) await runOne(job, choice, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      console.log('Stopped, with a checkpoint. The same command goes on from there.');
      process.exitCode = resumeLater;
    }
  });

void run(command);

function withChoice(sub: Command): Command {
  const numbers = (text: string): number[] => text.split(',').map(Number);
  return sub
    .addOption(new Option('--profile <name>', 'how large').choices(['smoke', 'laptop', 'paper']).default('laptop'))
    .option('--rows <names>', 'only these rows, by commas', (text: string) => text.split(','))
    .option('--seeds <numbers>', 'these seeds, by commas', numbers)
    .option('--out <folder>', 'where the runs are kept', 'runs');
}

function jobs(name: string, { profile, rows, seeds }: Choice): Job[] {
  return plan(experimentNamed(name), profile, { rows, seeds });
}

/** Runs a job and notes its record under data/results; a trained teacher's weights go to data/weights. */
async function runOne(job: Job, { out, profile }: Choice, signal: AbortSignal): Promise<void> {
  if (await finishedRecord(job, out)) {
    console.log(`${job.row}, seed ${job.recipe.seed}: already finished`);
    return;
  }
  const bar = new SingleBar({ format: `${job.row} [{bar}] {percentage} % | {eta_formatted} left | loss {loss}`, etaBuffer: 200, noTTYOutput: false }, Presets.shades_classic);
  bar.start(1, 0, { loss: '–' });
  const record = await runJob(job, {
    folder: out, signal,
    onNotice: (text) => console.log(text),
    onEvent: (event) => {
      if (event.kind === 'step') {
        bar.setTotal(event.steps * job.recipe.epochs);
        bar.update((event.epoch - 1) * event.steps + event.step, { loss: event.loss.toFixed(3) });
      } else {
        console.log(`${job.row}, seed ${job.recipe.seed}, epoch ${event.epoch}: loss ${event.loss.toFixed(3)}`
          + `${event.top1 === undefined ? '' : `, top-1 ${event.top1.toFixed(2)} %`}, ${event.imagesPerSecond.toFixed(0)} images/s`);
      }
    },
  }).finally(() => bar.stop());
  if (profile !== 'laptop') return;
  await appendJsonLine(path.join('data', 'results', `${job.experiment}.jsonl`), record);
  if (job.experiment === 'teachers') {
    mkdirSync(path.join('data', 'weights'), { recursive: true });
    copyFileSync(path.join(out, job.id, 'student.safetensors'), path.join('data', 'weights', `${job.recipe.student}.safetensors`));
  }
}
