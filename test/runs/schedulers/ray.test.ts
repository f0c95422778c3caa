import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { runGrid } from '../../../lib/runs/schedulers/grid';
import { finishedRecord } from '../../../lib/runs/runFolder/finishedRecord';
import { writePlan } from '../../../lib/runs/plan/planFile';
import { runRayTask } from '../../../lib/runs/schedulers/ray';
import { jobState } from '../../../lib/runs/runFolder/state';
import { taskCommand } from '../../../lib/runs/schedulers/task';
import { jobProgram } from '../../../scripts/cli/jobProgram';
import { rejectsWith } from '../../support/rejectsWith';
import { freePort } from '../../support/freePort';
import { temporaryFolder } from '../../support/temporaryFolder';
import { clusterLacks, clusterProgram } from '../clusterVenv';
import { jobsOf, tiny } from '../example';

test('rejects an address that is not a URL', async () => {
  await rejectsWith(
    runRayTask(['true'], { address: '127.0.0.1:8265', cpus: 1, environment: {} }),
    '--address',
    'http://127.0.0.1:8265',
    '--address 127.0.0.1:8265 is not a URL',
  );
});

test(
  'runs a grid on Ray: a student after its teacher, and a job that fails',
  { skip: clusterLacks },
  async (context) => {
    const folder = await temporaryFolder(context);
    const [port, dashboard] = [await freePort(), await freePort()];
    const ray = clusterProgram('ray');
    const environment = { ...process.env, RAY_TMPDIR: folder, RAY_USAGE_STATS_ENABLED: '0' };
    const started = spawnSync(
      ray,
      [
        'start',
        '--head',
        `--port=${port}`,
        `--dashboard-port=${dashboard}`,
        '--num-cpus=2',
        `--temp-dir=${path.join(folder, 'ray')}`,
        '--disable-usage-stats',
        '--include-dashboard=true',
        '--block',
      ].slice(0, -1),
      { encoding: 'utf8', env: environment },
    );
    context.after(() => spawnSync(ray, ['stop', '--force'], { env: environment }));
    assert.equal(started.status, 0, started.stdout + started.stderr);

    const weights = path.join(folder, 'teacher.safetensors');
    const kdRecipe = { ...tiny.recipe, method: { kind: 'kd' } as const };
    const jobs = jobsOf([
      { name: 'student', recipe: { ...kdRecipe, teacher: { model: 'mixer_64', weights } } },
      { ...tiny, name: 'teacher', exportWeightsTo: weights },
      { name: 'broken', recipe: { ...kdRecipe, teacher: { model: 'mixer_64', weights: path.join(folder, 'none') } } },
    ]);
    const plan = await writePlan(jobs, folder);
    const order: string[] = [];
    const outcomes = await runGrid(jobs, {
      slots: 2,
      execute: (job) =>
        runRayTask(taskCommand({ program: jobProgram, plan, index: jobs.indexOf(job), out: folder }), {
          address: `http://127.0.0.1:${dashboard}`,
          cpus: 1,
          environment: {},
          pollSeconds: 0.5,
        }),
      onOutcome: (job, outcome) => void order.push(`${job.row} ${outcome}`),
    });
    assert.deepEqual(
      jobs.map(({ id }) => outcomes.get(id)),
      ['finished', 'finished', 'failed'],
    );
    assert.ok(order.indexOf('teacher finished') < order.indexOf('student finished'));
    assert.ok(await finishedRecord(jobs[0]!, folder));
    assert.equal((await jobState(jobs[2]!, folder)).kind, 'failed');
  },
);

test('explains how to start Ray if it does not answer', async () => {
  await rejectsWith(
    runRayTask(['true'], { address: 'http://127.0.0.1:9', cpus: 1, environment: {} }),
    'Ray does not answer',
    'ray start --head',
  );
});
