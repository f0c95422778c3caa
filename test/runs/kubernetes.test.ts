import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { indexedJob } from '../../lib/runs/kubernetes';
import { temporaryFolder } from '../support/temporaryFolder';
import { clusterLacks, clusterProgram } from './clusterVenv';

test('the Indexed Job fits the schema of Kubernetes, and a manifest with a fault does not', { skip: clusterLacks }, async (context) => {
  const folder = await temporaryFolder(context);
  const manifest = indexedJob({
    name: 'ofa-kd-story', plan: '/project/runs/plans/a.jsonl', out: '/project/runs', project: '/project', jobs: 3, parallelism: 8, image: 'node:22', claim: 'ofa-kd', cpus: 2, gpus: 1,
  });
  const file = path.join(folder, 'job.json');
  const check = async (value: object): Promise<{ status: number | null; stdout: string; stderr: string }> => {
    await writeFile(file, JSON.stringify(value));
    return spawnSync(clusterProgram('kubernetes-validate'), ['--strict', '--kubernetes-version', '1.31', file], { encoding: 'utf8' });
  };
  const { status, stdout, stderr } = await check(manifest);
  assert.equal(status, 0, stdout + stderr);
  assert.notEqual((await check({ ...manifest, spec: { completionMode: 'Indexed', completion: 3 } })).status, 0);
});
