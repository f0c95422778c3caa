import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { otherMethods } from '../../lib/experiments/comparisons/methods';
import { plan } from '../../lib/runs/plan/plan';
import { runFolderOf } from '../../lib/runs/runFolder/paths';
import { damagedFiles } from '../../lib/runs/runFolder/manifest';
import { Random } from '../../lib/tensor/random';
import type { TrainingEvent } from '../../lib/training/event';
import { temporaryFolder } from '../support/temporaryFolder';
import { jobsOf, runToEnd, start, weightsHash } from './example';

/** A few kills by default; `npm run test:cluster` sets OFA_KILLS=20. */
const kills = Number(process.env['OFA_KILLS'] ?? 4);
const seed = Number(process.env['OFA_KILL_SEED'] ?? Date.now() % 1e6);

test(`resumes to identical weights after SIGKILL at ${kills} random moments (seed ${seed})`, async (context) => {
  const [job] = jobsOf();
  const undisturbed = await temporaryFolder(context);
  assert.equal((await runToEnd(job!, undisturbed)).code, 0);
  const wanted = await weightsHash(job!, undisturbed);

  const random = new Random(seed);
  const killedIn: string[] = [];
  let folder = await temporaryFolder(context);
  for (let kill = 1; kill <= kills; kill++) {
    const { child, ended } = await start(job!, folder);
    // Before the first step, or shortly after one of the twelve events: in a step, a checkpoint, an evaluation or the
    // result.
    const last = await eventsUntil(child, ended, random.integer(13));
    await sleep(random.uniform() * (last === undefined ? 800 : 150));
    child.kill('SIGKILL');
    await ended;
    const done = existsSync(path.join(runFolderOf(job!, folder), 'record.json'));
    killedIn.push(
      done
        ? 'result'
        : last === undefined
          ? 'set-up'
          : last.kind === 'epoch'
            ? 'epoch'
            : last.step === last.steps
              ? 'evaluation'
              : 'step',
    );
    if (!done && kill % 3 !== 0 && kill < kills) continue;
    await finish();
    folder = await temporaryFolder(context);
  }
  context.diagnostic(`killed in or after: ${killedIn.join(', ')}`);

  async function finish(): Promise<void> {
    const { code, text } = await runToEnd(job!, folder);
    assert.equal(code, 0, text);
    assert.equal(await weightsHash(job!, folder), wanted);
    assert.deepEqual(await damagedFiles(runFolderOf(job!, folder)), []);
    assert.deepEqual(
      readdirSync(runFolderOf(job!, folder)).filter((name) => /checkpoint|draft/.test(name)),
      [],
    );
  }
});

// The smoke rows of the experiment `methods`: SPOFA has running means, SRD a projector, RLD no state.
for (const name of ['spofa', 'srd', 'rld']) {
  test(`resumes ${name} to identical weights after SIGKILL in each epoch`, async (context) => {
    const [job] = plan(otherMethods, 'smoke').filter(({ row }) => row === `vit_96-mixer_64-${name}`);
    const [undisturbed, killed] = [await temporaryFolder(context), await temporaryFolder(context)];
    assert.equal((await runToEnd(job!, undisturbed)).code, 0);
    for (const count of [2, 3]) {
      const { child, ended } = await start(job!, killed);
      assert.ok(await eventsUntil(child, ended, count), 'the run ended before it was killed');
      child.kill('SIGKILL');
      await ended;
    }
    const { code, text } = await runToEnd(job!, killed);
    assert.equal(code, 0, text);
    assert.equal(await weightsHash(job!, killed), await weightsHash(job!, undisturbed));
  });
}

/** Waits for a number of events of a process, or for its end, and returns the last event. */
async function eventsUntil(
  child: ChildProcess,
  ended: Promise<unknown>,
  count: number,
): Promise<TrainingEvent | undefined> {
  let last: TrainingEvent | undefined;
  const none = ended.then(() => undefined);
  for (let n = 0; n < count; n++) {
    const event = await Promise.race([once(child, 'message').then(([message]) => message as TrainingEvent), none]);
    if (!event) break;
    last = event;
  }
  return last;
}
