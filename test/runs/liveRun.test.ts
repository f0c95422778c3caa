import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { liveRun } from '../../lib/runs/liveRun';
import { temporaryFolder } from '../support/temporaryFolder';
import { tiny } from './example';

/** What a run tells, stopped after so many steps of this session: every step's and epoch's loss. */
async function watch(folder: string, most = Infinity): Promise<string[]> {
  const stop = new AbortController();
  const told: string[] = [];
  let steps = 0;
  for await (const event of liveRun({ ...tiny.recipe, seed: 0 }, { folder, testImages: 100, signal: stop.signal })) {
    told.push(event.kind === 'step' ? `step ${event.epoch}.${event.step}: ${event.loss}` : `epoch ${event.epoch}: ${event.top1}`);
    if (event.kind === 'step' && ++steps === most) stop.abort();
  }
  return told;
}

test('a run that was stopped goes on at its next step, whether or not an epoch was finished, and ends as if it had not been', async (context) => {
  const whole = await watch(await temporaryFolder(context));
  assert.equal(whole.length, 2 * 5 + 2);
  for (const most of [1, 3, 5, 7]) {
    const folder = await temporaryFolder(context);
    const first = await watch(folder, most);
    assert.deepEqual(first, whole.slice(0, first.length));
    for (const place of readdirSync(folder)) assert.match(place, /-made-up$/, 'what made-up images have taught lies apart');
    const finished = first.filter((line) => line.startsWith('epoch'));
    const second = await watch(folder);
    assert.deepEqual(second.slice(0, finished.length), finished, 'finished epochs are told again');
    assert.deepEqual([...first, ...second.slice(finished.length)], whole, `stopped after ${most} steps`);
    assert.deepEqual(readdirSync(folder), [], 'a finished run leaves nothing');
  }
});
