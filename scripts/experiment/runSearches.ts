import { unknownName } from '../../lib/errors';
import { recipeLines } from '../../lib/experiments/recipeLines';
import type { Search } from '../../lib/experiments/experiment';
import type { Job } from '../../lib/runs/plan/job';
import { searchState, type SearchState } from '../../lib/runs/search/rounds';
import { trainingVersion } from '../../lib/training/trainingVersion';
import type { Backend, Selected } from './options';
import { recordsOf } from './records';
import { runJobs } from './runJobs';
import type { SelectedJobs } from './selected';

export interface SearchOptions {
  readonly searches?: readonly string[];
}

type Options = Selected & Backend & SearchOptions;

/**
 * Runs the jobs of an experiment's searches, round by round, and prints the best settings. Throws a UserError if a
 * selected search does not exist.
 */
export async function runSearches(selected: SelectedJobs, options: Options): Promise<void> {
  const all = selected.experiment.searches ?? [];
  const names = all.map(({ name }) => name);
  for (const name of options.searches ?? []) if (!names.includes(name)) throw unknownName('search', name, names);
  const searches = all.filter(({ name }) => options.searches?.includes(name) ?? true);

  let missing: ReadonlySet<string> = new Set();
  for (;;) {
    const states = await searchStates(searches, selected.jobs, options.out);
    const next = new Set([...states.values()].flatMap((state) => state.missing));
    if (next.size === 0) return printBest(states, selected);
    if ([...next].every((row) => missing.has(row))) {
      console.log('The next round follows when these jobs have finished: run the same command again then.');
      return;
    }
    missing = next;
    await runJobs(
      selected.withTeachers(({ row }) => next.has(row)),
      options,
    );
    if (process.exitCode !== undefined && process.exitCode !== 0) return;
  }
}

async function searchStates(
  searches: readonly Search[],
  jobs: readonly Job[],
  out: string,
): Promise<ReadonlyMap<Search, SearchState>> {
  const records = (await recordsOf(jobs, out)).filter((record) => record.trainingVersion === trainingVersion);
  const top1 = new Map(records.map((record) => [record.row, record.top1]));
  return new Map(searches.map((search) => [search, searchState(search, (row) => top1.get(row))]));
}

function printBest(states: ReadonlyMap<Search, SearchState>, { experiment, jobs }: SelectedJobs): void {
  const rows = Object.values(experiment.rows).flat();
  for (const [{ name }, { best }] of states) {
    const row = rows.find((one) => one.name === best);
    const job = jobs.find((one) => one.row === best);
    if (!row || !job) continue;
    console.log(`${name}: best is ${row.name} (run ${job.id})`);
    for (const line of recipeLines(row).filter((text) => text.startsWith('method.'))) console.log(`  ${line}`);
  }
}
