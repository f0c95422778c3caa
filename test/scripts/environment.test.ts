import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { readRecords } from '../../lib/results/records/readRecords';
import { writePlan } from '../../lib/runs/plan/planFile';
import { jobsOf, runToEnd, weightsHash } from '../runs/example';
import { startCommand, type StartedCommand } from '../support/startCommand';
import { temporaryFolder } from '../support/temporaryFolder';

const [job] = jobsOf();
const node = `"${process.execPath}" --import tsx`;
const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
const cannotMount = !canMount && 'mounting a small disk is not permitted here (unshare -rm)';

/** Runs a shell script, in a mount namespace of its own if it mounts disks. */
function shell(script: string, mounts: boolean): { readonly status: number | null; readonly text: string } {
  const [program, ...args] = [...(mounts ? ['unshare', '-rm'] : []), 'sh', '-c', `{ ${script}; } 2>&1`];
  const env = { ...process.env, TF_NUM_INTRAOP_THREADS: '1' };
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', env });
  return { status, text: stdout };
}

/** Shell commands that spoil the environment of the commands after them. */
const environments: readonly (readonly [name: string, script: (folder: string) => string, mounts: boolean])[] = [
  [
    'without HOME, with a missing TMPDIR and the locale C',
    () => 'unset HOME LANG; export LC_ALL=C TMPDIR=/no/such/folder',
    false,
  ],
  ['with 64 open files', () => 'ulimit -n 64', false],
  [
    'with a read-only HOME and a full TMPDIR',
    (folder) =>
      `mkdir "${folder}/home" "${folder}/tmp"; mount -t tmpfs -o ro none "${folder}/home"; ` +
      `mount -t tmpfs -o size=4k none "${folder}/tmp"; head -c 9000 /dev/zero > "${folder}/tmp/fill"; ` +
      `export HOME="${folder}/home" TMPDIR="${folder}/tmp"`,
    true,
  ],
];

for (const [name, script, mounts] of environments) {
  test(`trains to the same weights ${name}`, { skip: mounts && cannotMount }, async (context) => {
    const [undisturbed, folder] = [await temporaryFolder(context), await temporaryFolder(context)];
    const plan = await writePlan([job!], folder);
    const { status, text } = shell(
      `${script(folder)}; ${node} scripts/job.ts "${plan}" 0 --out "${folder}/runs"`,
      mounts,
    );
    assert.equal(status, 0, text);
    assert.doesNotMatch(text, /^\s+at |Traceback/m);
    assert.equal((await runToEnd(job!, undisturbed)).code, 0);
    assert.equal(await weightsHash(job!, path.join(folder, 'runs')), await weightsHash(job!, undisturbed));
  });

  test(`executes a notebook ${name}`, { skip: mounts && cannotMount }, async (context) => {
    const folder = await temporaryFolder(context);
    const notebook = writeNotebook(folder);
    const { status, text } = shell(
      `${script(folder)}; .venv/bin/python scripts/notebooks/execute.py "${folder}" "${notebook}"`,
      mounts,
    );
    assert.equal(status, 0, text);
    assert.match(text, /"errors": \[\], "summary": \["six is 6 \\u2713\\n"\]/);
    assert.match(readFileSync(path.join(folder, 'small.html'), 'utf8'), /six is 6 ✓/);
  });
}

test(
  'on a full disk, a notebook and its page keep their earlier content, and the message names the file',
  { skip: cannotMount },
  async (context) => {
    const folder = await temporaryFolder(context);
    const disk = path.join(folder, 'disk');
    mkdirSync(disk);
    const { text } = shell(
      `mount -t tmpfs -o size=64k none "${disk}"; echo old > "${disk}/small.ipynb"; echo old > "${disk}/small.html"; ` +
        `.venv/bin/python scripts/notebooks/execute.py "${disk}" "${writeNotebook(folder)}"; ` +
        `cat "${disk}/small.ipynb" "${disk}/small.html"; ls "${disk}" | wc -l`,
      true,
    );
    assert.match(
      text,
      /Cannot write .*small\.html: No space left on device\. Files of earlier executions are unchanged\./,
    );
    assert.match(text, /\nold\nold\n2\n$/);
  },
);

test('Ctrl-C pauses, also if it arrives twice at once, and the same command resumes', async (context) => {
  const out = await temporaryFolder(context);
  const first = startRun(context, out);
  await first.printed('epoch 1');
  // The launcher forwards what a terminal sends to the whole group.
  first.interrupt();
  first.interrupt();
  assert.equal(await first.code(), 75, first.text());
  assert.match(first.text(), /0 finished, 0 failed, 1 paused or not started\. Run the same command again to resume\./);
  const second = startRun(context, out);
  assert.equal(await second.code(), 0, second.text());
  assert.equal((await readRecords(path.join(out, 'results'))).length, 1);
});

test('Ctrl-C while a job loads pauses it, and a second one later stops at once', async (context) => {
  const out = await temporaryFolder(context);
  const loading = startRun(context, out);
  await loading.printed('others take');
  await sleep(300);
  loading.interrupt();
  assert.equal(await loading.code(), 75, loading.text());

  const long = startRun(context, out);
  await long.printed('epoch 1');
  long.interrupt();
  await sleep(1100);
  long.interrupt();
  const ended = await long.code();
  assert.ok(
    [75, 130].some((code) => code === ended),
    long.text(),
  );
  const last = startRun(context, out);
  assert.equal(await last.code(), 0, last.text());
});

test('two commands at once in one folder give one record, and neither fails', async (context) => {
  const out = await temporaryFolder(context);
  const both = [startRun(context, out), startRun(context, out)];
  const codes = await Promise.all(both.map((run) => run.code()));
  assert.ok(codes.includes(0), both.map((run) => run.text()).join('\n'));
  for (const [index, code] of codes.entries()) assert.ok(code === 0 || code === 75, both[index]!.text());
  assert.equal((await readRecords(path.join(out, 'results'))).length, 1);
  const [run] = readdirSync(out).filter((name) => existsSync(path.join(out, name, 'record.json')));
  assert.ok(run !== undefined);
});

/** Starts `npm run experiment -- run` on one row of the smoke profile. */
function startRun(context: TestContext, out: string): StartedCommand {
  const args = ['run', 'story', '--rows', 'scratch', '--profile', 'smoke', '--out', out];
  return startCommand(context, ['--import', 'tsx', 'scripts/experiment.ts', ...args]);
}

function writeNotebook(folder: string): string {
  const source = 'console.log(`six is ${2 * 3} ✓`);';
  const metadata = { tags: ['summary'] };
  const cells = [{ cell_type: 'code', id: 'a', metadata, outputs: [], execution_count: null, source }];
  const kernelspec = { name: 'tslab', display_name: 'TypeScript', language: 'typescript' };
  const file = path.join(folder, 'source', 'small.ipynb');
  mkdirSync(path.dirname(file));
  writeFileSync(file, JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
  return file;
}
