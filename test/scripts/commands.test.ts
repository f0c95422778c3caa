import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const node = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8' });

test(
  'a set-up that is complete does nothing when run again',
  {
    skip:
      !hasWheel() && 'what is set up here falls short of TensorFlow’s wheel, and another set-up would try for it again',
  },
  () => {
    const before = traces();
    const { status, stdout, stderr } = node('scripts/setup.mjs');
    assert.equal(status, 0, stderr);
    assert.equal(stdout.split('\n')[0], 'Everything is in place.');
    assert.deepEqual(traces(), before);
  },
);

test('set-up names an option that it does not know, and does nothing', () => {
  const { status, stderr } = node('scripts/setup.mjs', '--forse');
  assert.equal(status, 2);
  assert.match(stderr, /Unknown option --forse/);
});

test('an unknown command is answered with the known ones', () => {
  const { status, stderr } = node('scripts/launch.mjs', 'strat');
  assert.equal(status, 2);
  assert.match(stderr, /no command "strat"\. Known: .*start/);
});

test('a name that leaves the folder of commands is no command', () => {
  assert.equal(node('scripts/launch.mjs', '../lib/errors').status, 2);
});

test('a reader that has seen enough, as head has, is no fault', () => {
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', `"${process.execPath}" scripts/launch.mjs experiment plan methods | head -n 1`],
    { encoding: 'utf8' },
  );
  assert.match(stdout, /^\{"id":.*\}\n$/);
  assert.doesNotMatch(stderr, /Error|EPIPE/);
});

test('what a command does not take is told, and nothing is done', () => {
  const { status, stdout, stderr } = node(
    'scripts/launch.mjs',
    'experiment',
    'plan',
    'epsilon',
    '--rows',
    'resnet_24-vit_64-paper-1.2',
    'resnet_24-vit_64-paper-1.4',
  );
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /too many arguments for 'plan'/);
});

test('a user’s fault is one line without a stack, with exit code 1', () => {
  const { status, stderr } = node('scripts/launch.mjs', 'test', 'no-such-test');
  assert.equal(status, 1);
  assert.equal(stderr.trim(), 'No test file\'s path contains "no-such-test".');
});

test('a command’s exit code is passed on', () => {
  assert.equal(inForeground('process.exit(75)').status, 75);
});

test('a command’s death by a signal is passed on', () => {
  assert.equal(inForeground('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 5000)').signal, 'SIGTERM');
});

test('a signal reaches the command, which may end as it likes', async () => {
  const command = 'process.on("SIGTERM", () => process.exit(75)); console.log("ready"); setTimeout(() => {}, 20000)';
  const outer = spawn(process.execPath, ['--input-type=module', '-e', foregroundOf(command)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(outer.stdout, 'data');
  outer.kill('SIGTERM');
  await once(outer, 'exit');
  assert.equal(outer.exitCode, 75);
});

test('TensorFlow’s greeting stays out of a command’s output', () => {
  const script = "require('./lib/tensor/engine/tf').matMul([[1]], [[2]]).print()";
  const { status, stderr } = node('--import', 'tsx', '-e', script);
  assert.equal(status, 0);
  assert.equal(stderr, '');
});

function inForeground(command: string) {
  return node('--input-type=module', '-e', foregroundOf(command));
}

function foregroundOf(command: string): string {
  const module = JSON.stringify(path.resolve('scripts', 'setup', 'foreground.mjs'));
  return `import { runInForeground } from ${module}; runInForeground(process.execPath, ['-e', ${JSON.stringify(command)}]);`;
}

function hasWheel(): boolean {
  return /"kind": "wheel"/.test(readFileSync(path.join('build', 'setup.json'), 'utf8'));
}

/** What a set-up that did something would change. */
function traces(): unknown {
  const files = ['build', 'node_modules', '.venv', path.join('.venv', 'lib')].map((folder) => [
    folder,
    statSync(folder).mtimeMs,
    readdirSync(folder).filter((name) => !/^(setup\.|lab-|site$)/.test(name)),
  ]);
  return [
    files.map(([folder, time, names]) => (folder === 'build' ? [folder, names] : [folder, time, names])),
    readFileSync(path.join('build', 'setup.json'), 'utf8'),
  ];
}
