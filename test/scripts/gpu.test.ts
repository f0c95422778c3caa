import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gpuParts, measuredSteps, measureGpu, type GpuPart } from '../../scripts/bench/gpu';
import { temporaryFolder } from '../support/temporaryFolder';

const node = (code: string, limit = 20): GpuPart => ({ name: code, command: [process.execPath, '-e', code], limit });

async function measured(parts: readonly GpuPart[], folder: string, minutes = 1) {
  const file = path.join(folder, 'gpu.json');
  const all = await measureGpu(parts, { minutes, tiny: true }, file, () => undefined);
  const failed = all.filter(({ state }) => state !== 'done').length;
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

test('the steps on a GPU are kept, and those of PyTorch and of a CPU are not', () => {
  const printed = {
    peer: 'ours',
    device: 'cuda',
    student: 'resnet_16',
    teacher: 'vit_128',
    size: 32,
    batch: 128,
    bf16: false,
    tf32: true,
    compiled: 'xla',
    ms_per_step: 12.5,
  };
  const output = [printed, { ...printed, peer: 'pytorch' }, { ...printed, device: 'cpu' }, '12 checks, 0 failed'];
  const { student, teacher, batch } = printed;
  assert.deepEqual(
    measuredSteps([{ name: 'step', state: 'done', seconds: 1, output }], 'H200', new Date('2027-01-02')),
    [
      {
        date: '2027-01-02',
        gpu: 'H200',
        student,
        teacher,
        imageSize: 32,
        batch,
        precision: 'tf32',
        compile: 'xla',
        milliseconds: 12.5,
      },
    ],
  );
});

test('PyTorch runs without our CUDA libraries, and TF32 is allowed only where it is measured', (context) => {
  const before = process.env['LD_LIBRARY_PATH'];
  process.env['LD_LIBRARY_PATH'] = [path.resolve('.venv', 'lib'), '/usr/lib/other'].join(':');
  context.after(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, 'LD_LIBRARY_PATH');
    else process.env['LD_LIBRARY_PATH'] = before;
  });
  const parts = gpuParts({ minutes: 8, tiny: false, parts: ['step'], python: 'python3' });
  assert.equal(parts.length, 36);
  for (const { name, env } of parts) {
    if (name.includes('pytorch')) assert.equal(env?.['LD_LIBRARY_PATH'], '/usr/lib/other');
    else assert.equal(env?.['NVIDIA_TF32_OVERRIDE'], name.includes('tf32') ? '1' : undefined, name);
  }
});
