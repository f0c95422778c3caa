import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readRecords } from '../../lib/results/records/readRecords';
import { temporaryFolder } from '../support/temporaryFolder';

const experiment = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'scripts/experiment.ts', ...args], { encoding: 'utf8' });

test('lists, shows and plans experiments, with one line of JSON and the expected hours for each job', () => {
  const names = experiment('list')
    .stdout.trim()
    .split('\n')
    .map((line) => line.split(' ')[0]);
  for (const name of [
    'teachers',
    'longer-teachers',
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
    'tuning',
    'tuned',
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
  assert.match(stderr, /^42 jobs, \d+ finished; the others take about \d+\.\d hours on \d+ threads\.$/m);
});

test('plans GPU hours of jobs at the paper’s size, and states that they are estimated', () => {
  const { stdout, stderr } = experiment('plan', 'paper-cifar100', '--profile', 'paper', '--seeds', '0');
  const jobs = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { gpuHours: number; gpuHoursFrom: unknown });
  assert.ok(jobs.every(({ gpuHours, gpuHoursFrom }) => gpuHours > 0 && gpuHoursFrom !== undefined));
  assert.match(stderr, /^\d+ jobs, 0 finished; the networks of the others have not been timed on a CPU\.$/m);
  assert.match(stderr, /^On one GPU the others take about \d+ hours \(.*(estimated|measured).*\)\.$/m);
});

test('records a run once, also if another experiment shares it', async (context) => {
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
    new RegExp(`^${record!.id}  scratch +seed 0  finished: top-1 \\d`, 'm'),
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

test('pauses if its output is closed, as by head', async (context) => {
  const out = await temporaryFolder(context);
  const run = `"${process.execPath}" --import tsx scripts/experiment.ts run story --profile smoke --out "${out}"`;
  const line = `${run} | head -n 1; exit "\${PIPESTATUS[0]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  assert.deepEqual([status, stdout.trim().split('\n').length], [75, 1], stderr);
  assert.doesNotMatch(stderr, /^\s+at /m);
});

test('status works if Slurm cannot be called, with a warning', async (context) => {
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
    [0, "Slurm's queue is not shown: squeue is not installed. Run this command on a login node of the Slurm cluster."],
  );
  assert.match(stdout, /scratch +seed 0  not started/);
});

test('--unrecorded leaves out jobs that the project has recorded', async (context) => {
  const out = await temporaryFolder(context);
  const { status, stderr } = experiment(
    'run',
    'longer-teachers',
    '--rows',
    'mixer_96',
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
  ['an unknown experiment', ['run', 'no-such'], /Unknown experiment "no-such"\. Nearest: /],
  ['an unknown row', ['plan', 'story', '--rows', 'kd,oaf'], /oaf/],
  ['an unknown profile', ['plan', 'story', '--profile', 'large'], /smoke, laptop, paper/],
  ['an invalid seed', ['plan', 'story', '--seeds', '0,x'], /"x" is not a whole number/],
  ['zero jobs at the same time', ['run', 'story', '--jobs', '0'], /a positive whole number/],
] as const) {
  test(`rejects ${what} in at most two lines, without a stack`, () => {
    const { status, stderr, stdout } = experiment(...args);
    assert.notEqual(status, 0);
    assert.match(stderr, message);
    assert.ok(stderr.trim().split('\n').length <= 2 && !/^\s+at /m.test(stderr), stderr);
    assert.equal(stdout, '');
  });
}

test('repeats a recorded run to the same weights, and reports a record that does not agree', async (context) => {
  const out = await temporaryFolder(context);
  const choice = ['story', '--rows', 'scratch', '--profile', 'smoke', '--out', out];
  assert.equal(experiment('run', ...choice).status, 0);
  const same = experiment('verify', ...choice);
  assert.equal(same.status, 0, same.stderr);
  assert.match(same.stdout, /^scratch, seed 0: agrees: top-1 .*; all weights are equal\.$/m);

  const [folder = ''] = readdirSync(out).filter((name) => existsSync(path.join(out, name, 'record.json')));
  const file = path.join(out, folder, 'record.json');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/"sha256": ?"../, '"sha256":"00'));
  const other = experiment('verify', ...choice);
  assert.equal(other.status, 1);
  assert.match(other.stdout, /^scratch, seed 0: DOES NOT AGREE: .*the weights differ/m);

  await writeFile(file, text.replace(/"trainingVersion": ?\d+/, '"trainingVersion":1'));
  const older = experiment('verify', ...choice);
  assert.equal(older.status, 1);
  assert.match(older.stdout, /cannot be repeated\. It was recorded with version 1 of the training.*Check out commit/);
});

test('a search runs its rounds one after the other, and prints the best settings', async (context) => {
  const out = await temporaryFolder(context);
  const choice = ['--profile', 'smoke', '--searches', 'mixer_96-vit_64-kd', '--out', out];
  const { status, stdout, stderr } = experiment('run', 'tuning', ...choice);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^0 of 8 jobs are finished\.$/m);
  assert.match(
    stdout,
    /^mixer_96-vit_64-kd: best is mixer_96-vit_64-kd-.*-epochs-6 \(run [0-9a-f]{12}\)\n {2}method\.kind +kd$/m,
  );
  assert.equal(experiment('run', 'tuning', ...choice).stdout, stdout.slice(stdout.indexOf('mixer_96-vit_64-kd: best')));
});

test('an unknown search names the nearest ones', () => {
  const { status, stderr } = experiment('run', 'tuning', '--searches', 'mixer_96-vit_64-kdd');
  assert.equal(status, 1);
  assert.match(stderr, /^Unknown search "mixer_96-vit_64-kdd"\. Nearest: mixer_96-vit_64-kd/m);
});
