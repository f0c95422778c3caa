import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { indexedJob } from '../../../lib/runs/schedulers/kubernetes';
import { temporaryFolder } from '../../support/temporaryFolder';
import { clusterLacks, clusterProgram } from '../clusterVenv';

const options = {
  name: 'ofa-kd-story',
  plan: '/project/runs/plans/a.jsonl',
  out: '/project/runs',
  program: ['node', 'job.ts'],
  project: '/project',
  jobs: 3,
  parallelism: 8,
  image: 'node:22',
  claim: 'ofa-kd',
  cpus: 2,
  gpus: 1,
} as const;

test('has a pod for each line of the plan, and does not count paused jobs as failures', () => {
  const text = JSON.stringify(indexedJob(options));
  for (const part of [
    '"completionMode":"Indexed"',
    '"completions":3',
    '"parallelism":3',
    '"/project/runs/plans/a.jsonl","$(JOB_COMPLETION_INDEX)","--out","/project/runs"',
    '{"action":"Ignore","onExitCodes":{"operator":"In","values":[75]}}',
    '"claimName":"ofa-kd"',
    '"nvidia.com/gpu":"1"',
    '{"name":"TF_NUM_INTRAOP_THREADS","value":"2"}',
  ])
    assert.ok(text.includes(part), `${part} in ${text}`);
  assert.ok(JSON.stringify(indexedJob({ ...options, parallelism: 2 })).includes('"parallelism":2'));
});

test('fits the schema of Kubernetes, unlike an invalid manifest', { skip: clusterLacks }, async (context) => {
  const folder = await temporaryFolder(context);
  const manifest = indexedJob(options);
  const file = path.join(folder, 'job.json');
  const check = async (value: object): Promise<{ status: number | null; stdout: string; stderr: string }> => {
    await writeFile(file, JSON.stringify(value));
    return spawnSync(clusterProgram('kubernetes-validate'), ['--strict', '--kubernetes-version', '1.31', file], {
      encoding: 'utf8',
    });
  };
  const { status, stdout, stderr } = await check(manifest);
  assert.equal(status, 0, stdout + stderr);
  assert.notEqual((await check({ ...manifest, spec: { completionMode: 'Indexed', completion: 3 } })).status, 0);
});
