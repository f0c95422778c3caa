import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const node = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8' });

test(
  'a complete setup does nothing when run again',
  {
    skip: !hasWheel() && 'TensorFlow’s wheel is not installed, so the setup would try again',
  },
  () => {
    const before = traces();
    const { status, stdout, stderr } = node('scripts/setup.mjs');
    assert.equal(status, 0, stderr);
    assert.equal(stdout.split('\n')[0], 'Everything is in place.');
    assert.deepEqual(traces(), before);
  },
);

test('the setup rejects an unknown option and does nothing', () => {
  const { status, stderr } = node('scripts/setup.mjs', '--forse');
  assert.equal(status, 2);
  assert.match(stderr, /Unknown option --forse/);
});

test('an unknown command prints the list of commands', () => {
  const { status, stderr } = node('scripts/launch.mjs', 'strat');
  assert.equal(status, 2);
  assert.match(stderr, /Unknown command "strat"\. Commands: .*start/);
});

test('rejects a command name with a path outside the folder of commands', () => {
  assert.equal(node('scripts/launch.mjs', '../lib/errors').status, 2);
});

test('ends without an error when the reader of its output, such as head, closes it', () => {
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', `"${process.execPath}" scripts/launch.mjs experiment plan methods | head -n 1`],
    { encoding: 'utf8' },
  );
  assert.match(stdout, /^\{"id":.*\}\n$/);
  assert.doesNotMatch(stderr, /Error|EPIPE/);
});

test('rejects excess arguments before doing anything', () => {
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

test('prints a user error as one line without a stack trace, with exit code 1', () => {
  const { status, stderr } = node('scripts/launch.mjs', 'test', 'no-such-test');
  assert.equal(status, 1);
  assert.equal(stderr.trim(), 'No test file has a path that contains "no-such-test".');
});

test('returns the exit code of a command', () => {
  assert.equal(inForeground('process.exit(75)').status, 75);
});

test('ends with the signal that ended a command', () => {
  assert.equal(inForeground('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 5000)').signal, 'SIGTERM');
});

test('prints a message if Ctrl-C ends a command that does not handle it', () => {
  const { signal, stderr } = inForeground('process.kill(process.pid, "SIGINT"); setTimeout(() => {}, 5000)');
  assert.deepEqual([signal, stderr], ['SIGINT', 'Stopped.\n']);
});

test('forwards a signal to the command, which determines the exit code', async () => {
  const command = 'process.on("SIGTERM", () => process.exit(75)); console.log("ready"); setTimeout(() => {}, 20000)';
  const outer = spawn(process.execPath, ['--input-type=module', '-e', foregroundOf(command)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(outer.stdout, 'data');
  outer.kill('SIGTERM');
  await once(outer, 'exit');
  assert.equal(outer.exitCode, 75);
});

test('the output of a command does not contain TensorFlow’s log', () => {
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
  const call = `runInForeground(process.execPath, ['-e', ${JSON.stringify(command)}], process.env, 'Stopped.')`;
  return `import { runInForeground } from ${module}; ${call};`;
}

function hasWheel(): boolean {
  return /"kind": "wheel"/.test(readFileSync(path.join('build', 'setup.json'), 'utf8'));
}

/** The files and folders that a setup changes when it does something. */
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
