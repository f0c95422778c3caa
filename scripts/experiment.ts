import { Command } from 'commander';
import { UserError } from '../lib/errors';
import { experimentNamed, experiments } from '../lib/experiments/experiments';
import { recipeLines } from '../lib/experiments/recipeLines';
import { tableText } from '../lib/plots/tables/tableText';
import type { Profile } from '../lib/profile';
import { experimentTable } from '../lib/results/tables/experimentTable';
import { plan, withTeachers, type Job } from '../lib/runs/job/job';
import { queuedTasks } from '../lib/runs/schedulers/slurm';
import { jobState, stateText } from '../lib/runs/runFolder/state';
import { run } from './cli/run';
import { withChoice, withPlace, type Choice, type Place } from './experiment/choice';
import { execute } from './experiment/execute';
import { estimated, recordsOf } from './experiment/records';

/** npm run experiment --: lists, shows, plans and runs the experiments of `lib/experiments`. */
const command = new Command('npm run experiment --').description(
  'Runs the tables, figures and ablations of the paper.',
);

command
  .command('list')
  .description('the experiments by name')
  .action(() => {
    for (const { name, title, rows } of Object.values(experiments)) {
      const sizes = (Object.keys(rows) as Profile[])
        .filter((profile) => rows[profile].length > 0)
        .map((profile) => `${profile} ${rows[profile].length}`);
      console.log(`${name.padEnd(16)} ${title} (rows: ${sizes.join(', ')})`);
    }
  });

withChoice(command.command('show'))
  .description('what an experiment asks, its rows and their recipes, each number of the paper’s with where it stands')
  .action((name: string, choice: Choice) => {
    const experiment = experimentNamed(name);
    const jobs = plan(experiment, choice.profile, choice);
    console.log(`${experiment.title}\n${jobs.length} jobs at the profile ${choice.profile}\n`);
    for (const row of experiment.rows[choice.profile].filter((one) => jobs.some((job) => job.row === one.name)))
      console.log(
        `${row.name}\n${recipeLines(row)
          .map((line) => `  ${line}`)
          .join('\n')}\n`,
      );
  });

withChoice(command.command('plan'))
  .description('the jobs, one line of JSON each, and the hours that they will take')
  .action(async (name: string, choice: Choice) => {
    const { lines, total } = await estimated(
      withTeachers(plan(experimentNamed(name), choice.profile, choice), Object.values(experiments)),
      choice.out,
    );
    for (const line of lines) console.log(JSON.stringify(line));
    console.error(total);
  });

withChoice(command.command('status'))
  .description('which jobs are finished, and where the others stand')
  .action(async (name: string, choice: Choice) => {
    const queued = await queuedTasks(choice.out).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      console.error(`What Slurm has is not known here. ${error.message}`);
      return undefined;
    });
    for (const job of plan(experimentNamed(name), choice.profile, choice)) {
      const state = await jobState(job, choice.out);
      const task = state.kind === 'finished' ? undefined : queued?.get(job.id);
      console.log(
        `${job.id}  ${job.row.padEnd(32)} seed ${job.recipe.seed}  ${stateText(state)}${task ? ` (Slurm ${task.task}: ${task.state})` : ''}`,
      );
    }
  });

withChoice(command.command('table'))
  .description('the results, seeds together')
  .action(async (name: string, choice: Choice) => {
    const jobs = plan(experimentNamed(name), choice.profile, choice);
    const rows = experimentTable([...new Set(jobs.map(({ row }) => row))], await recordsOf(jobs, choice.out));
    console.log(
      tableText({
        columns: Object.keys(rows[0]!),
        rows: rows.map((row) => Object.values(row) as (string | number | null)[]),
        caption: `${experimentNamed(name).title} Profile ${choice.profile}; top-1 is that of the last epoch.`,
      }),
    );
  });

withPlace(withChoice(command.command('run')))
  .description('runs the jobs that are not finished, first those that train their teachers')
  .action((name: string, choice: Choice & Place) =>
    execute(withTeachers(plan(experimentNamed(name), choice.profile, choice), Object.values(experiments)), choice),
  );

withPlace(withChoice(command.command('retry')))
  .description('runs again the jobs that failed')
  .action(async (name: string, choice: Choice & Place) => {
    const failed: Job[] = [];
    for (const job of plan(experimentNamed(name), choice.profile, choice))
      if ((await jobState(job, choice.out)).kind === 'failed') failed.push(job);
    if (failed.length === 0) console.log('No job has failed.');
    else await execute(failed, choice);
  });

void run(command);
