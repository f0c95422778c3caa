import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gpuParts, measureGpu, type GpuPart } from '../../scripts/bench/gpu';
import { temporaryFolder } from '../support/temporaryFolder';

const node = (code: string, limit = 20): GpuPart => ({ name: code, command: [process.execPath, '-e', code], limit });

async function measured(parts: readonly GpuPart[], folder: string, minutes = 1) {
  const file = path.join(folder, 'gpu.json');
  const failed = await measureGpu(parts, { minutes, tiny: true }, file, () => undefined);
  const { parts: results } = JSON.parse(readFileSync(file, 'utf8')) as { parts: Record<string, unknown>[] };
  return { failed, results };
}

test('a part that fails or takes too long loses no other part', async (context) => {
  const folder = await temporaryFolder(context);
  const mark = path.join(folder, 'mark');
  const late = `setTimeout(() => fs.writeFileSync('${mark}', ''), 3000)`;
  const parts = [
    node('console.log(JSON.stringify({ ms: 1 }))'),
    node('console.error("no memory"); process.exit(3)'),
    node(late, 1),
    { name: 'missing', command: ['/no/such/program'], limit: 5 },
    node('console.log("1077 checks, 0 failed")'),
  ];
  const { failed, results } = await measured(parts, folder);
  assert.equal(failed, 3);
  assert.deepEqual(
    results.map(({ state }) => state),
    ['done', 'failed', 'stopped at its time limit', 'failed', 'done'],
  );
  assert.deepEqual(results[0]!['output'], [{ ms: 1 }]);
  assert.equal(results[1]!['error'], 'no memory');
  assert.match(String(results[3]!['error']), /ENOENT/);
  assert.deepEqual(results[4]!['output'], ['1077 checks, 0 failed']);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.equal(existsSync(mark), false);
});

test('parts after the time limit are left out', async (context) => {
  const { results } = await measured([node('0')], await temporaryFolder(context), 0.01);
  assert.equal(results[0]!['state'], 'no time left');
});

test('the rehearsal on a CPU measures every part of ours', async (context) => {
  const parts = gpuParts({ minutes: 5, tiny: true, parts: [] });
  assert.deepEqual(
    parts.map(({ name }) => name.split(' ')[0]),
    ['step', 'epoch', 'cka', 'step', 'step'],
  );
  const { failed, results } = await measured(parts, await temporaryFolder(context), 5);
  assert.equal(failed, 0, JSON.stringify(results));
});
