import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readRecords } from '../../lib/results/records/readRecords';
import { temporaryFolder } from '../support/temporaryFolder';

const experiment = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'scripts/experiment.ts', ...args], { encoding: 'utf8' });

test('every experiment is listed, shown with its recipes, and planned as one line of JSON a job with the time that it takes', () => {
  const names = experiment('list')
    .stdout.trim()
    .split('\n')
    .map((line) => line.split(' ')[0]);
  for (const name of [
    'teachers',
    'anchor',
    'cka',
    'story',
    'cross-family',
    'like-family',
    'methods',
    'epsilon',
    'stages',
    'weight-clip',
    'precision',
    'paper-cifar100',
    'paper-imagenet',
  ])
    assert.ok(names.includes(name), name);
  assert.match(
    experiment('show', 'epsilon', '--rows', 'ofa-1.4').stdout,
    /1 jobs at the profile laptop\n\nofa-1\.4\n(  .*\n)*  method\.exponent +1\.4/,
  );
  const { stdout, stderr } = experiment('plan', 'cross-family', '--seeds', '0,1');
  const jobs = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; command: string; expectedHours: number });
  assert.equal(new Set(jobs.map(({ id }) => id)).size, 42);
  assert.ok(
    jobs.every(
      ({ command, expectedHours }) =>
        command.startsWith('npm run experiment -- run cross-family --rows ') && expectedHours > 0,
    ),
  );
  assert.match(stderr, /^42 jobs, \d+ finished; what is left takes about \d+\.\d hours on \d+ threads\.$/m);
});

test('what is run is recorded once, under whichever experiment; run again, it is finished', async (context) => {
  const out = await temporaryFolder(context);
  const choice = ['--profile', 'smoke', '--seeds', '0', '--out', out];
  const first = experiment('run', 'story', '--rows', 'scratch', ...choice);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, /^0 of 1 jobs are finished\.$/m);
  const [record, ...others] = await readRecords(path.join(out, 'results'));
  assert.deepEqual([record?.experiment, record?.row, record?.profile, others], ['story', 'scratch', 'smoke', []]);
  assert.ok(existsSync(path.join(out, record!.id, 'student.safetensors')));
  assert.match(
    experiment('status', 'story', ...choice).stdout,
    new RegExp(`^${record!.id}  scratch +seed 0  top-1 \\d`, 'm'),
  );
  assert.match(experiment('table', 'story', ...choice).stdout, new RegExp(`scratch.*${record!.top1.toFixed(2)}`));

  assert.match(experiment('run', 'story', '--rows', 'scratch', ...choice).stderr, /^1 of 1 jobs are finished\.$/m);
  assert.match(
    experiment('run', 'cross-family', '--rows', 'vit_64-scratch', ...choice).stderr,
    /^1 of 1 jobs are finished\.$/m,
  );
  assert.deepEqual(readdirSync(path.join(out, 'results')), ['story.jsonl']);
  assert.equal((await readRecords(path.join(out, 'results'))).length, 1);
});

test('a run whose output nobody reads any more, as under head, stops to be gone on with', async (context) => {
  const out = await temporaryFolder(context);
  const line = `"${process.execPath}" --import tsx scripts/experiment.ts run story --profile smoke --out "${out}" | head -n 1; exit "\${PIPESTATUS[0]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  assert.deepEqual([status, stdout.trim().split('\n').length], [75, 1], stderr);
  assert.doesNotMatch(stderr, /^\s+at /m);
});

test('the state of jobs is told also where Slurm, which was given some, cannot be asked', async (context) => {
  const out = await temporaryFolder(context);
  await mkdir(path.join(out, 'slurm'));
  await writeFile(
    path.join(out, 'slurm', 'submissions.jsonl'),
    `${JSON.stringify({ time: '2026-11-27T00:00:00Z', array: '1', ids: ['a'] })}\n`,
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/experiment.ts', 'status', 'story', '--profile', 'smoke', '--out', out],
    { encoding: 'utf8', env: { ...process.env, PATH: out } },
  );
  assert.deepEqual(
    [status, stderr.trim()],
    [
      0,
      'What Slurm has is not known here. squeue is not installed here. Run this on a login node of the Slurm cluster.',
    ],
  );
  assert.match(stdout, /scratch +seed 0  not begun/);
});

test('what the project has recorded is passed over where it is asked for', async (context) => {
  const out = await temporaryFolder(context);
  const { status, stderr } = experiment(
    'run',
    'cross-family',
    '--rows',
    'resnet_16-scratch',
    '--seeds',
    '0',
    '--unrecorded',
    '--out',
    out,
  );
  assert.deepEqual([status, stderr.trim()], [0, '1 of 1 jobs are finished or recorded.']);
  assert.deepEqual(readdirSync(out), []);
});

for (const [what, args, message] of [
  ['an experiment', ['run', 'no-such'], /Unknown experiment "no-such"\. Nearest: /],
  ['a row', ['plan', 'story', '--rows', 'kd,oaf'], /oaf/],
  ['a profile', ['plan', 'story', '--profile', 'large'], /smoke, laptop, paper/],
  ['a seed', ['plan', 'story', '--seeds', '0,x'], /"x" is not a whole number/],
  ['no jobs at a time', ['run', 'story', '--jobs', '0'], /a positive whole number/],
] as const) {
  test(`${what} that there cannot be is named in a line or two, without a stack`, () => {
    const { status, stderr, stdout } = experiment(...args);
    assert.notEqual(status, 0);
    assert.match(stderr, message);
    assert.ok(stderr.trim().split('\n').length <= 2 && !/^\s+at /m.test(stderr), stderr);
    assert.equal(stdout, '');
  });
}
