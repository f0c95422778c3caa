import { Command } from 'commander';
import { UserError } from '../lib/errors';
import { experiments } from '../lib/experiments/experiments';
import { csv } from '../lib/io/csv';
import { recipeLines } from '../lib/experiments/recipeLines';
import { tableText } from '../lib/plots/tables/tableText';
import { profiles } from '../lib/profile';
import { experimentRows, experimentTable } from '../lib/results/tables/experimentTable';
import type { Job } from '../lib/runs/plan/job';
import { jobState, stateText } from '../lib/runs/runFolder/state';
import { queuedTasks, type QueuedTask } from '../lib/runs/schedulers/slurm';
import { names, positive } from './cli/arguments';
import { run } from './cli/run';
import { withBackend, withSelection, type Backend, type Selected } from './experiment/options';
import { planLines, recordsOf } from './experiment/records';
import { runJobs } from './experiment/runJobs';
import { runSearches, type SearchOptions } from './experiment/runSearches';
import { selectedJobs } from './experiment/selected';
import { verifyJobs, type VerifyOptions } from './experiment/verify';

/** npm run experiment --: lists, shows, plans and runs the experiments of `lib/experiments`. */
const command = new Command('npm run experiment --').description(
  'Runs the tables, figures and ablations of the paper.\n\n' +
    'An experiment is a table of rows; a row with a seed is a job. A job that was interrupted resumes from its last\n' +
    'checkpoint when the same command is run again, and a finished job is not repeated.\n' +
    'Exit codes: 0 finished, 1 failed, 75 paused (run the same command again to resume).',
);

command
  .command('list')
  .description('list the experiments with their number of rows at each profile')
  .action(() => {
    for (const { name, title, rows } of Object.values(experiments)) {
      const available = profiles.filter((profile) => rows[profile].length > 0);
      const sizes = available.map((profile) => `${profile} ${rows[profile].length}`);
      console.log(`${name.padEnd(16)} ${title} (rows: ${sizes.join(', ')})`);
    }
  });

withSelection(command.command('show'))
  .description('print the question, the rows and every setting of their recipes, with the source of published numbers')
  .action(async (name: string, options: Selected) => {
    const { experiment, jobs } = await selectedJobs(name, options);
    const selected = new Set(jobs.map(({ row }) => row));
    console.log(`${experiment.title}\n${jobs.length} jobs at the profile ${options.profile}\n`);
    for (const row of experiment.rows[options.profile].filter((one) => selected.has(one.name))) {
      const lines = recipeLines(row).map((line) => `  ${line}`);
      console.log(`${row.name}\n${lines.join('\n')}\n`);
    }
  });

withSelection(command.command('plan'))
  .description('print the jobs, one per line (JSON), and the expected hours')
  .action(async (name: string, options: Selected) => {
    const { withTeachers } = await selectedJobs(name, options);
    const { lines, total } = await planLines(withTeachers(), options.out);
    for (const line of lines) console.log(JSON.stringify(line));
    console.error(total);
  });

withSelection(command.command('status'))
  .description('print the state of each job: finished, running, failed, paused or not started')
  .action(async (name: string, options: Selected) => {
    const queued = await slurmTasks(options.out);
    for (const job of (await selectedJobs(name, options)).jobs) {
      const state = await jobState(job, options.out);
      const task = state.kind === 'finished' ? undefined : queued?.get(job.id);
      const slurm = task ? ` (Slurm ${task.task}: ${task.state})` : '';
      console.log(`${job.id}  ${job.row.padEnd(32)} seed ${job.recipe.seed}  ${stateText(state)}${slurm}`);
    }
  });

withSelection(command.command('table'))
  .description('print the results, averaged over the seeds of each row')
  .option('--csv', 'print CSV, with the standard deviation over seeds in a column of its own')
  .action(async (name: string, options: Selected & { readonly csv?: true }) => {
    const { experiment, jobs } = await selectedJobs(name, options);
    const rowNames = [...new Set(jobs.map(({ row }) => row))];
    const records = await recordsOf(jobs, options.out);
    if (options.csv) return console.log(csv(experimentRows(rowNames, records)));
    const rows = experimentTable(rowNames, records);
    console.log(
      tableText({
        columns: Object.keys(rows[0]!),
        rows: rows.map((row) => Object.values(row) as (string | number | null)[]),
        caption: `${experiment.title} Profile ${options.profile}; top-1 is that of the last epoch.`,
      }),
    );
  });

withBackend(withSelection(command.command('run')))
  .description('run the jobs that are not finished, after those that train their teachers')
  .option('--searches <names>', 'only these searches of an experiment with searches, separated by commas', names)
  .action(async (name: string, options: Selected & Backend & SearchOptions) => {
    const selected = await selectedJobs(name, options);
    if (selected.experiment.searches && options.rows === undefined) return runSearches(selected, options);
    await runJobs(selected.withTeachers(), options);
  });

withSelection(command.command('verify'))
  .description('run recorded jobs again, and compare accuracy and weights with their records')
  .option('--tolerance <points>', 'points of top-1 by which a run on another processor may differ', positive, 2)
  .action(async (name: string, options: Selected & VerifyOptions) => {
    await verifyJobs((await selectedJobs(name, options)).jobs, options);
  });

withBackend(withSelection(command.command('retry')))
  .description('run the failed jobs again')
  .action(async (name: string, options: Selected & Backend) => {
    const failed: Job[] = [];
    for (const job of (await selectedJobs(name, options)).jobs) {
      if ((await jobState(job, options.out)).kind === 'failed') failed.push(job);
    }
    if (failed.length === 0) console.log('No job has failed.');
    else await runJobs(failed, options);
  });

void run(command);

/** Slurm's queue; undefined, with a warning, if Slurm cannot be called. */
async function slurmTasks(out: string): Promise<ReadonlyMap<string, QueuedTask> | undefined> {
  try {
    return await queuedTasks(out);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`Slurm's queue is not shown: ${error.message}`);
    return undefined;
  }
}
