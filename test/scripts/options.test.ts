import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { UserError } from '../../lib/errors';
import { names, wholes } from '../../scripts/cli/arguments';
import { matchingFiles } from '../../scripts/cli/matchingFiles';
import { temporaryFolder } from '../support/temporaryFolder';

const run = (script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, ['--import', 'tsx', `scripts/${script}.ts`, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });

const distil = ['--student', 'vit_64', '--teacher', 'resnet_24', '--data', 'images'];

describe('prints one line for a wrong command line, which names --help, and nothing else', () => {
  const cases: readonly (readonly [script: string, args: readonly string[], words: RegExp])[] = [
    ['experiment', ['lits'], /unknown command 'lits' \(Did you mean list\?\)\. See npm run experiment -- --help$/],
    ['experiment', ['run', 'story', '--sseds', '1'], /unknown option '--sseds' .*--seeds.*experiment -- run --help$/],
    ['experiment', ['run', 'story', '--seeds', '0', '--seeds', '1'], /'--seeds <numbers>' is given 2 times/],
    ['experiment', ['run', 'story', '--gpus', '2'], /'--gpus' has no effect with --backend local/],
    ['experiment', ['run', 'story', '--backend', 'slurm', '--address', 'x'], /'--address' has no effect .*for ray/],
    ['experiment', ['retry', 'story', '--sbatch=-p gpu'], /'--sbatch' has no effect with --backend local/],
    ['experiment', ['run', 'story', '--unrecorded', '--profile', 'smoke'], /'--unrecorded' has no effect/],
    ['distil', ['--student', 'vit_64'], /required option '--teacher .*distil -- --help$/],
    ['distil', [...distil, '--options', '{"kind":"kd"}'], /name of the method belongs in --method/],
    ['distil', [...distil, '--options', '[1]'], /must be a JSON object/],
    ['distil', [...distil, '--teacher-image-size', 'x'], /'--teacher-image-size .*"x" is not a whole number/],
    ['distil', [...distil, '--validation', 'others', '--split', '0.2'], /--split.*cannot be used with.*--validation/],
    ['distil', [...distil, '--mlflow', '127.0.0.1:5000'], /'--mlflow .*is not an address such as http:/],
    ['distil', [...distil, '--out', ''], /'--out <folder>' has an empty value/],
    ['similarity', ['vit_64', 'vit_64', '--layers', ' '], /'--layers <patterns>' has an empty value/],
    ['fuzz', ['--input', '3'], /'--input <number>' needs --only/],
    ['start', ['--port', '3'], /unknown option '--port'/],
  ];
  for (const [script, args, words] of cases) {
    test([script, ...args].join(' '), () => {
      const { status, stdout, stderr } = run(script, args);
      assert.deepEqual([status, stdout, stderr.trim().split('\n').length], [1, '', 1], stderr);
      assert.match(stderr.trim(), words);
      assert.match(stderr.trim(), /^error: .* See npm .*--help$/);
    });
  }
});

test('a repeated row or seed counts once', () => {
  const { stdout, status } = run('experiment', ['plan', 'story', '--rows', 'kd,kd', '--seeds', '0,1,0']);
  assert.deepEqual([status, stdout.trim().split('\n').length], [0, 2]);
  assert.deepEqual(names('a, b,a'), ['a', 'b']);
  assert.deepEqual(wholes('2,1,2,02'), [2, 1]);
  assert.throws(() => wholes('1,'), /not a whole number/);
});

test('selects files by words and by paths, and refuses a word that selects nothing', () => {
  const files = ['notebooks/02-cka.ipynb', 'notebooks/03-exit-branches.ipynb', 'notebooks/18-cka-later.ipynb'];
  assert.deepEqual(matchingFiles(files, [], 'notebook'), files);
  assert.deepEqual(matchingFiles(files, ['cka'], 'notebook'), [files[0], files[2]]);
  for (const file of [files[1]!, `./${files[1]}`, path.resolve(files[1]!)])
    assert.deepEqual(matchingFiles(files, [file], 'notebook'), [files[1]]);
  assert.deepEqual(matchingFiles(files, ['notebooks/'], 'notebook'), files);
  for (const words of [['cka', 'distll'], ['distll'], [''], ['other/02-cka.ipynb']]) {
    assert.throws(
      () => matchingFiles(files, words, 'notebook'),
      (error) => error instanceof UserError && error.message.includes(`"${words.at(-1)}". Available: 02-cka.ipynb`),
    );
  }
});

test('npm start checks its variables before it writes anything', async (context) => {
  const folder = await temporaryFolder(context);
  for (const [env, words] of [
    [{ OFA_PROFILE: 'smoek' }, /^Unknown profile "smoek"\. Nearest: smoke/],
    [{ OFA_PARAMS: '{epochs: 2}' }, /^OFA_PARAMS is not valid JSON/],
    [{ OFA_PARAMS: '[2]' }, /^OFA_PARAMS must be a JSON object/],
    [{ OFA_PARAMS: '{"epochz": 2}' }, /Unknown parameter "epochz"/],
  ] as const) {
    const script = path.resolve('scripts', 'start.ts');
    const tsx = path.resolve('node_modules', 'tsx', 'dist', 'loader.mjs');
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', `ln -sf "${path.resolve('notebooks')}" . && exec "$0" --import "${tsx}" "${script}"`, process.execPath],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, ...env },
      },
    );
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, words);
    assert.equal(existsSync(path.join(folder, 'out')), false);
  }
});
