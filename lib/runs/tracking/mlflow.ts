import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { settings } from '../../experiments/recipeLines';
import { writeAtomic } from '../../io/atomic';
import type { EpochRecord } from '../../results/records/record';
import type { Job } from '../plan/job';
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

/** Limits of MLflow for one request, and for the length of a parameter's value. */
const [maxMetrics, maxParameters, maxValueLength] = [1000, 100, 500];
const statuses: Readonly<Record<Ending, string>> = { finished: 'FINISHED', failed: 'FAILED', stopped: 'KILLED' };

/**
 * Logs a run to an MLflow server over its REST interface 2.0. Training does not wait for the server, and values that
 * it missed are sent again. Throws a UserError if the address is not a URL.
 */
export function mlflow(job: Job, runFolder: string, address: string): Tracker {
  if (!/^https?:\/\//.test(address)) {
    throw new UserError(`the address ${address} is not a URL such as http://127.0.0.1:5000`);
  }
  const run = new MlflowRun(job, path.join(runFolder, 'mlflow.json'), new MlflowRest(address));
  return {
    name: 'MLflow',
    epoch: (record, updates) => run.add(record, updates),
    end: (ending) => run.end(ending),
  };
}

const idFile = z.object({ address: z.string(), run: z.string() });
const createdRun = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const experimentId = z.object({ experiment_id: z.string() });
const foundExperiment = z.object({ experiment: experimentId });

class MlflowRun {
  /**
   * Not yet sent. Every process sends the recipe again, as an earlier one may have been interrupted; the server
   * ignores equal values.
   */
  private readonly parameters: Parameter[];
  private readonly metrics: Metric[] = [];
  private sending: Promise<void> | undefined;
  private id: string | undefined;

  constructor(
    private readonly job: Job,
    private readonly file: string,
    private readonly rest: MlflowRest,
  ) {
    this.parameters = settings(job.recipe).map(([key, value]) => ({ key, value: value.slice(0, maxValueLength) }));
  }

  /**
   * Resolves when the server has received all metrics so far. Rejects otherwise; they are then sent with the next
   * ones.
   */
  add(record: EpochRecord, updates: number): Promise<void> {
    const timestamp = Date.now();
    this.metrics.push(...scalarsOf(record).map(([key, value]) => ({ key, value, timestamp, step: updates })));
    return this.send();
  }

  async end(ending: Ending): Promise<void> {
    // A request under way may fail, or lack the last epoch.
    await this.sending?.catch(() => undefined);
    try {
      await this.send();
    } finally {
      // Even if metrics are missing, the run must not stay marked as running.
      if (this.id !== undefined) {
        await this.rest.post('runs/update', { run_id: this.id, status: statuses[ending], end_time: Date.now() });
      }
    }
  }

  private send(): Promise<void> {
    this.sending ??= this.sendAll().finally(() => {
      this.sending = undefined;
    });
    return this.sending;
  }

  private async sendAll(): Promise<void> {
    const run_id = await this.runId();
    while (this.parameters.length > 0) {
      const params = this.parameters.slice(0, maxParameters);
      await this.rest.post('runs/log-batch', { run_id, params });
      this.parameters.splice(0, params.length);
    }
    while (this.metrics.length > 0) {
      const metrics = this.metrics.slice(0, maxMetrics);
      await this.rest.post('runs/log-batch', { run_id, metrics });
      this.metrics.splice(0, metrics.length);
    }
  }

  /** The id of the run that an earlier process created, or of a new one. */
  private async runId(): Promise<string> {
    this.id ??= (await this.resumeRun()) ?? (await this.createRun());
    return this.id;
  }

  /** The id in `mlflow.json`; undefined if there is none, or if the server no longer has this run. */
  private async resumeRun(): Promise<string | undefined> {
    if (!existsSync(this.file)) return undefined;
    const { address, run } = idFile.parse(JSON.parse(await readFile(this.file, 'utf8')));
    if (address !== this.rest.address) return undefined;
    const update = { run_id: run, status: 'RUNNING' };
    const found = await this.rest.post('runs/update', update, 'RESOURCE_DOES_NOT_EXIST');
    return found === undefined ? undefined : run;
  }

  private async createRun(): Promise<string> {
    const { experiment, row, profile, recipe, id } = this.job;
    const tags = { 'mlflow.source.name': 'OFA-KD notebooks', profile, row, recipe: id };
    const created = await this.rest.post('runs/create', {
      experiment_id: await this.experimentId(experiment),
      run_name: `${row}, seed ${recipe.seed}`,
      start_time: Date.now(),
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    });
    const { run } = createdRun.parse(created);
    // Kept at once, here and for later processes: an error in what follows must not lead to a second run.
    this.id = run.info.run_id;
    await writeAtomic(this.file, `${JSON.stringify({ address: this.rest.address, run: this.id })}\n`);
    return this.id;
  }

  /** The id of the experiment of this name, which is created if missing. Another job may create it at the same time. */
  private async experimentId(name: string): Promise<string> {
    const query = { experiment_name: name };
    const find = (): Promise<unknown> => this.rest.get('experiments/get-by-name', query, 'RESOURCE_DOES_NOT_EXIST');
    const create = (): Promise<unknown> => this.rest.post('experiments/create', { name }, 'RESOURCE_ALREADY_EXISTS');
    const answer = (await find()) ?? (await create()) ?? (await find());
    const found = foundExperiment.safeParse(answer);
    return found.success ? found.data.experiment.experiment_id : experimentId.parse(answer).experiment_id;
  }
}
