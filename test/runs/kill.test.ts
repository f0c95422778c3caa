import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { homeOf } from '../../lib/runs/job';
import { damagedFiles } from '../../lib/runs/manifest';
import { Random } from '../../lib/tensor/random';
import { temporaryFolder } from '../support/temporaryFolder';
import { jobsOf, runToEnd, start, weightsHash } from './example';

/** A few kills by default; OFA_KILLS=20 is the whole trial (`npm run test:cluster`). */
const kills = Number(process.env['OFA_KILLS'] ?? 4);
const seed = Number(process.env['OFA_KILL_SEED'] ?? Date.now() % 1e6);

test(`killed at ${kills} random moments and begun again each time, a run ends with the very weights of an undisturbed one (seed ${seed})`, async (context) => {
  const [job] = jobsOf();
  const calm = await temporaryFolder(context);
  const began = performance.now();
  assert.equal((await runToEnd(job!, calm)).code, 0);
  const duration = performance.now() - began;
  const wanted = await weightsHash(job!, calm);

  const random = new Random(seed);
  let folder = await temporaryFolder(context);
  let left = 0;
  const seen = new Map<string, number>();
  for (let kill = 0; kill < kills; kill++) {
    const { child, ended } = await start(job!, folder);
    // Set-up takes most of a short run: half of the kills fall into the rest.
    await sleep((kill % 2 === 0 ? random.uniform() : 0.6 + 0.4 * random.uniform()) * duration);
    child.kill('SIGKILL');
    await ended;
    const home = homeOf(job!, folder);
    const phase = existsSync(path.join(home, 'record.json')) ? 'result' : existsSync(path.join(home, 'checkpoint.safetensors')) ? 'training' : 'set-up';
    seen.set(phase, (seen.get(phase) ?? 0) + 1);
    left++;
    if (phase !== 'result' && left < 5) continue;
    await finish();
    folder = await temporaryFolder(context);
    left = 0;
  }
  if (left > 0) await finish();
  context.diagnostic(`killed ${[...seen].map(([phase, count]) => `${count} times in ${phase}`).join(', ')}`);

  async function finish(): Promise<void> {
    const { code, text } = await runToEnd(job!, folder);
    assert.equal(code, 0, text);
    assert.equal(await weightsHash(job!, folder), wanted);
    assert.deepEqual(await damagedFiles(homeOf(job!, folder)), []);
    assert.ok(!existsSync(path.join(homeOf(job!, folder), 'checkpoint.safetensors')));
  }
});
