import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { isAbort } from '../../../lib/errors';
import type { EpochRecord } from '../../../lib/results/records/record';
import { runFolderOf } from '../../../lib/runs/runFolder/paths';
import type { Job } from '../../../lib/runs/plan/job';
import { runJob } from '../../../lib/runs/execution/runJob';
import { scalarsOf } from '../../../lib/runs/tracking/tracker';
import { closedAddress } from '../../io/download/server';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { jobsOf, tiny } from '../example';
import { mlflowServer, type LoggedRun } from '../mlflowServer';

const [job] = jobsOf() as [Job];
/** Updates of an epoch: 100 images in batches of 20. */
const steps = 5;

test('event files hold the values of metrics.jsonl, also for a run that was stopped and resumed', async (context) => {
  const folder = await temporaryFolder(context);
  await stopped(job, folder, 7);
  await runJob(job, { runsFolder: folder });
  const runFolder = runFolderOf(job, folder);
  const events = eventsBeneath(path.join(runFolder, 'tensorboard', `${job.row}-seed0`));
  const epochs = (await readFile(path.join(runFolder, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as EpochRecord);
  for (const record of epochs) {
    for (const [tag, value] of scalarsOf(record)) {
      const found = events.filter((event) => event.tag === tag && event.step === record.epoch * steps);
      assert.equal(found.length, 1, `${tag} of epoch ${record.epoch}`);
      assert.equal(found[0]!.value, Math.fround(value), tag);
    }
  }
  const losses = events.filter(({ tag }) => tag === 'step/loss');
  assert.deepEqual(
    [...new Set(losses.map(({ step }) => step))].sort((a, b) => a - b),
    Array.from({ length: 2 * steps }, (_, i) => i + 1),
  );
});

test('logs recipe, metrics and end of a run to MLflow, and resumes a stopped run under its id', async (context) => {
  const server = await mlflowServer(context);
  const folder = await temporaryFolder(context);
  // Another job creates the experiment between search and creation.
  server.experiments.set(job.experiment, '7');
  server.hidden.add(job.experiment);
  await stopped(job, folder, 7, server.address);
  assert.deepEqual(
    [...server.runs.values()].map(({ status }) => status),
    ['KILLED'],
  );
  const record = await runJob(job, { runsFolder: folder, mlflow: server.address });
  assert.deepEqual(server.violations, []);
  assert.equal(server.runs.size, 1);
  const [run] = [...server.runs.values()] as [LoggedRun];
  assert.equal(run.status, 'FINISHED');
  assert.equal(run.experiment, job.experiment);
  assert.deepEqual(
    ['student', 'optimizer.name', 'learningRate', 'schedule.kind'].map((key) => run.params.get(key)),
    ['mixer_64', 'adamw', '0.001', 'cosine'],
  );
  for (const epoch of record.history) assert.deepEqual(metricsAt(run, epoch.epoch * steps), new Map(scalarsOf(epoch)));
});

test('reports an unreachable server once, continues the run, and sends missed metrics later', async (context) => {
  const server = await mlflowServer(context);
  const folder = await temporaryFolder(context);
  const notices: string[] = [];
  server.away = true;
  const record = await runJob(jobOfEpochs(4), {
    runsFolder: folder,
    mlflow: server.address,
    onNotice: (text) => notices.push(text),
    onEvent: (event) => {
      if (event.kind === 'epoch' && event.epoch === 3) server.away = false;
    },
  });
  assert.equal(notices.filter((text) => text.includes('MLflow')).length, 1, notices.join('\n'));
  assert.match(notices.join('\n'), /MLflow: http:\S+ answers 503 to experiments\/get-by-name\S*\. The run continues/);
  const [run] = [...server.runs.values()] as [LoggedRun];
  for (const epoch of record.history) assert.deepEqual(metricsAt(run, epoch.epoch * steps), new Map(scalarsOf(epoch)));

  const nobody = await closedAddress();
  const unreachable: string[] = [];
  await runJob(job, { runsFolder: folder, mlflow: nobody, onNotice: (text) => unreachable.push(text) });
  assert.equal(unreachable.filter((text) => text.includes('does not answer')).length, 1, unreachable.join('\n'));
  const wrong: string[] = [];
  await runJob(job, {
    runsFolder: await temporaryFolder(context),
    mlflow: 'sqlite:///mlflow.db',
    onNotice: (text) => wrong.push(text),
  });
  assert.match(wrong.join('\n'), /MLflow: the address sqlite\S+ is not a URL such as http:\/\/127\.0\.0\.1:5000/);
});

test('creates one run only on a server that rejects all metrics at first, and marks it as ended', async (context) => {
  const server = await mlflowServer(context);
  server.overloaded = 'POST runs/log-batch';
  const [folder, other] = [await temporaryFolder(context), await temporaryFolder(context)];
  const record = await runJob(jobOfEpochs(3), {
    runsFolder: folder,
    mlflow: server.address,
    onEvent: (event) => {
      if (event.kind === 'epoch' && event.epoch === 2) server.overloaded = undefined;
    },
  });
  const [run, ...rest] = [...server.runs.values()] as [LoggedRun];
  assert.deepEqual([rest, run.status, run.params.get('student')], [[], 'FINISHED', 'mixer_64']);
  for (const epoch of record.history) assert.deepEqual(metricsAt(run, epoch.epoch * steps), new Map(scalarsOf(epoch)));

  server.overloaded = 'POST runs/log-batch';
  const notices: string[] = [];
  await runJob(job, { runsFolder: other, mlflow: server.address, onNotice: (text) => notices.push(text) });
  assert.deepEqual(
    [...server.runs.values()].map(({ status }) => status),
    ['FINISHED', 'FINISHED'],
  );
  assert.equal(notices.filter((text) => text.includes('MLflow')).length, 1, notices.join('\n'));
  assert.deepEqual(server.violations, []);
});

test('marks failed runs, and creates a new run if the server has deleted the first', async (context) => {
  const server = await mlflowServer(context);
  const folder = await temporaryFolder(context);
  const recipe = { ...tiny.recipe, optimizer: { name: 'sgd' }, learningRate: 1e30, weightDecay: 0 } as const;
  const [wild] = jobsOf([{ ...tiny, recipe }]) as [Job];
  await rejectsWith(runJob(wild, { runsFolder: folder, mlflow: server.address }), 'diverged');
  assert.deepEqual(
    [...server.runs.values()].map(({ status }) => status),
    ['FAILED'],
  );
  await stopped(job, folder, 7, server.address);
  server.runs.delete('run1');
  await runJob(job, { runsFolder: folder, mlflow: server.address });
  assert.deepEqual(
    [...server.runs.values()].map(({ status }) => status),
    ['FAILED', 'FINISHED'],
  );
  assert.deepEqual(server.violations, []);
});

test('reports an event file that cannot be written once, and continues the run', async (context) => {
  const folder = await temporaryFolder(context);
  const notices: string[] = [];
  await mkdir(runFolderOf(job, folder));
  await writeFile(path.join(runFolderOf(job, folder), 'tensorboard'), 'a file where the folder should be');
  const record = await runJob(job, { runsFolder: folder, onNotice: (text) => notices.push(text) });
  assert.equal(record.history.length, 2);
  assert.equal(notices.filter((text) => text.includes('TensorBoard')).length, 1, notices.join('\n'));
});

/** Runs a job and stops it after a number of events. */
async function stopped(one: Job, folder: string, events: number, mlflow?: string): Promise<void> {
  const stop = new AbortController();
  let count = 0;
  await assert.rejects(
    runJob(one, {
      runsFolder: folder,
      mlflow,
      signal: stop.signal,
      onEvent: () => {
        if (++count === events) stop.abort();
      },
    }),
    (error) => isAbort(error, stop.signal),
  );
}

function jobOfEpochs(epochs: number): Job {
  return jobsOf([{ ...tiny, recipe: { ...tiny.recipe, epochs } }])[0]!;
}

function metricsAt({ metrics }: LoggedRun, step: number): Map<string, number> {
  return new Map(metrics.filter((metric) => metric.step === step).map(({ key, value }) => [key, value]));
}

/** Every scalar of the event files in a folder, as TensorFlow's own reader gives them. */
function eventsBeneath(folder: string): { readonly tag: string; readonly value: number; readonly step: number }[] {
  const files = readdirSync(folder).map((name) => path.join(folder, name));
  const program =
    'import json, sys\nfrom tensorflow.compat.v1.train import summary_iterator\n' +
    'scalars = [dict(tag=v.tag, value=v.simple_value, step=e.step)\n' +
    '    for f in sys.argv[1:] for e in summary_iterator(f) for v in e.summary.value]\n' +
    'print(json.dumps(scalars))';
  const text = execFileSync(path.join('.venv', 'bin', 'python'), ['-c', program, ...files], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return z.array(z.object({ tag: z.string(), value: z.number(), step: z.number() })).parse(JSON.parse(text));
}
