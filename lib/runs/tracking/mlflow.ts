import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { settings } from '../../experiments/recipeLines';
import { writeAtomic } from '../../io/atomic';
import type { EpochRecord } from '../../results/records/record';
import type { Job } from '../job/job';
import { MlflowRest } from './mlflowRest';
import { scalarsOf, type Ending, type Tracker } from './tracker';

interface Parameter {
  readonly key: string;
  readonly value: string;
}

interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** What MLflow takes in one request. */
const [mostMetrics, mostParameters, longestValue] = [1000, 100, 500];
const statuses: Readonly<Record<Ending, string>> = { finished: 'FINISHED', failed: 'FAILED', stopped: 'KILLED' };

/** Logs a run to an MLflow server over its REST interface 2.0. Training does not wait for the server; what it missed is sent again. */
export function mlflow(job: Job, home: string, address: string): Tracker {
  if (!/^https?:\/\//.test(address))
    throw new UserError(`an address such as http://127.0.0.1:5000 is needed, not ${address}`);
  const run = new MlflowRun(job, path.join(home, 'mlflow.json'), new MlflowRest(address));
  return {
    name: 'MLflow',
    epoch: (record, updates) => run.add(record, updates),
    end: (ending) => run.end(ending),
  };
}

class MlflowRun {
  /** Each process sends the recipe again: the server takes what it has already, and one before may have been cut off. */
  private readonly settings: Parameter[];
  private readonly waiting: Metric[] = [];
  private sending: Promise<void> | undefined;
  private id: string | undefined;

  constructor(
    private readonly job: Job,
    private readonly file: string,
    private readonly rest: MlflowRest,
  ) {
    this.settings = settings(job.recipe).map(([key, value]) => ({ key, value: value.slice(0, longestValue) }));
  }

  /** Resolves when the server has everything so far; rejects where it has not, which is then sent with what comes next. */
  add(record: EpochRecord, updates: number): Promise<void> {
    this.waiting.push(
      ...scalarsOf(record).map(([key, value]) => ({ key, value, timestamp: Date.now(), step: updates })),
    );
    return this.send();
  }

  async end(ending: Ending): Promise<void> {
    // What is under way may fail, or have begun before the last epoch.
    await this.sending?.catch(() => undefined);
    try {
      await this.send();
    } finally {
      // Whatever is missing, the run is not to stand as going on for ever.
      if (this.id !== undefined)
        await this.rest.post('runs/update', { run_id: this.id, status: statuses[ending], end_time: Date.now() });
    }
  }

  private send(): Promise<void> {
    this.sending ??= this.sendWaiting().finally(() => {
      this.sending = undefined;
    });
    return this.sending;
  }

  private async sendWaiting(): Promise<void> {
    const run_id = await this.identity();
    while (this.settings.length > 0) {
      const params = this.settings.slice(0, mostParameters);
      await this.rest.post('runs/log-batch', { run_id, params });
      this.settings.splice(0, params.length);
    }
    while (this.waiting.length > 0) {
      const metrics = this.waiting.slice(0, mostMetrics);
      await this.rest.post('runs/log-batch', { run_id, metrics });
      this.waiting.splice(0, metrics.length);
    }
  }

  /** The run of an earlier process, or a new one. */
  private async identity(): Promise<string> {
    this.id ??= (await this.resumed()) ?? (await this.created());
    return this.id;
  }

  private async resumed(): Promise<string | undefined> {
    if (!existsSync(this.file)) return undefined;
    const { address, run } = z
      .object({ address: z.string(), run: z.string() })
      .parse(JSON.parse(await readFile(this.file, 'utf8')));
    if (address !== this.rest.address) return undefined;
    const known = await this.rest.post('runs/update', { run_id: run, status: 'RUNNING' }, 'RESOURCE_DOES_NOT_EXIST');
    return known === undefined ? undefined : run;
  }

  private async created(): Promise<string> {
    const { experiment, row, profile, recipe, id } = this.job;
    const tags = { 'mlflow.source.name': 'OFA-KD notebooks', profile, row, recipe: id };
    const { run } = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) }).parse(
      await this.rest.post('runs/create', {
        experiment_id: await this.experiment(experiment),
        run_name: `${row}, seed ${recipe.seed}`,
        start_time: Date.now(),
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      }),
    );
    // Known at once, here and to whoever goes on: a fault in what follows must not lead to a second run.
    this.id = run.info.run_id;
    await writeAtomic(this.file, `${JSON.stringify({ address: this.rest.address, run: this.id })}\n`);
    return this.id;
  }

  /** The id of the experiment of that name, which another job may be making at the same time. */
  private async experiment(name: string): Promise<string> {
    const existing = z.object({ experiment: z.object({ experiment_id: z.string() }) });
    const find = (): Promise<unknown> =>
      this.rest.get('experiments/get-by-name', { experiment_name: name }, 'RESOURCE_DOES_NOT_EXIST');
    const made =
      (await find()) ??
      (await this.rest.post('experiments/create', { name }, 'RESOURCE_ALREADY_EXISTS')) ??
      (await find());
    const found = existing.safeParse(made);
    return found.success
      ? found.data.experiment.experiment_id
      : z.object({ experiment_id: z.string() }).parse(made).experiment_id;
  }
}
