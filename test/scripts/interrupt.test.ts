import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasOnnxruntime } from '../../lib/export/onnxruntime/runProgram';
import { readCalibrated } from '../../lib/results/records/calibratedRecord';
import { writeFolder } from '../data/pictures';
import { startCommand } from '../support/startCommand';
import { temporaryFolder } from '../support/temporaryFolder';

interface Case {
  readonly name: string;
  /** The script and its arguments; OUT is an empty folder, and IMAGES is a folder of images. */
  readonly args: readonly string[];
  /** What the command prints before its work, and the milliseconds from there to the first Ctrl-C. */
  readonly after: string;
  readonly delay: number;
  /** Exit codes and last words of a command that was interrupted once. */
  readonly code: number | string;
  readonly words: RegExp;
  /** Why the case is skipped. */
  readonly lacks?: string | false;
}

const similarity = ['similarity', 'vit_64', 'mixer_64:fresh', '--data', 'synthetic', '--images', '192'];
const paused = /Paused.*Run the same command again to resume\.\s*$/;

/**
 * `npm run experiment`, `npm run site` and the first Ctrl-C in `npm run distil` have tests of their own. Commands that
 * write nothing end as `bench` does: the launcher prints a message.
 */
const cases: readonly Case[] = [
  {
    name: 'similarity',
    args: [...similarity, '--measure', 'rsa', '--permutations', '50000', '--out', 'OUT'],
    after: 'Without trained weights',
    delay: 500,
    code: 75,
    words: paused,
  },
  {
    name: 'similarity -- calibrate',
    args: ['similarity', 'calibrate', '--profile', 'smoke', '--images', '64', '--batch-size', '32'].concat([
      '--permutations',
      '2000',
      '--out',
      'OUT/calibrated.jsonl',
    ]),
    after: 'SYNTHETIC',
    delay: 2000,
    code: 75,
    words: paused,
  },
  {
    name: 'similarity -- record',
    args: ['similarity', 'record', '--profile', 'smoke', '--batches', '1', '--batch-size', '32'].concat([
      '--seeds',
      Array.from({ length: 200 }, (_, seed) => seed).join(','),
      '--out',
      'OUT/cka.jsonl',
    ]),
    after: 'mean CKA',
    delay: 0,
    code: 75,
    words: paused,
  },
  {
    name: 'distil',
    args: ['distil', '--student', 'vit_64', '--teacher', 'resnet_16', '--data', 'IMAGES', '--image-size', '32'].concat([
      '--epochs',
      '500',
      '--batch-size',
      '8',
      '--out',
      'OUT',
    ]),
    after: 'epoch 1:',
    delay: 0,
    code: 75,
    words: paused,
  },
  {
    name: 'start',
    args: ['start', '05-distil'],
    after: 'profile smoke',
    delay: 3000,
    code: 1,
    words: /\nStopped\.\s*$/,
  },
  { name: 'fuzz', args: ['fuzz', '--only', 'tar'], after: 'seconds', delay: 1000, code: 130, words: /\nStopped\.\s*$/ },
  {
    name: 'export',
    args: ['export', path.resolve('data/weights/vit_64.safetensors'), '--int8', '--calibrate', 'IMAGES'].concat([
      '--out',
      'OUT',
    ]),
    after: 'model.onnx',
    // Python needs longer than this to load onnxruntime.
    delay: 300,
    code: 130,
    words: /\nStopped\.\s*$/,
    lacks: !hasOnnxruntime() && 'needs onnxruntime: run `npm run onnxruntime`',
  },
  {
    name: 'bench -- step',
    args: ['bench', 'step', 'resnet_16', 'vit_128', '32', '128'],
    after: '',
    delay: 3000,
    code: 'SIGINT',
    words: /^[^]*$/,
  },
];

for (const { name, args, after, delay, code, words, lacks = false } of cases) {
  const title = `Ctrl-C ends ${name}, a second one at once, and leaves no process, temporary or half-written file`;
  test(title, { skip: lacks }, async (context) => {
    for (const presses of [1, 2]) {
      const [folder, images] = [await temporaryFolder(context), await temporaryFolder(context)];
      const [out, temporary] = ['out', 'tmp'].map((each) => path.join(folder, each)) as [string, string];
      for (const each of [out, temporary]) mkdirSync(each);
      symlinkSync(path.resolve('notebooks'), path.join(folder, 'notebooks'));
      symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
      if (args.includes('IMAGES')) await writeFolder(images, { cats: 20, dogs: 20 });
      const [script, ...rest] = args.map((arg) => arg.replace('OUT', out).replace('IMAGES', images));
      const program = [
        '--import',
        path.resolve('node_modules/tsx/dist/loader.mjs'),
        path.resolve(`scripts/${script}.ts`),
      ];
      const command = startCommand(context, [...program, ...rest], {
        // The notebooks' command writes to the working directory.
        ...(script === 'start' && { cwd: folder }),
        env: { TMPDIR: temporary, OFA_PROFILE: 'smoke' },
      });
      await command.printed(after);
      await sleep(delay);
      command.interrupt();
      if (presses === 2) await sleep(1100);
      const started = performance.now();
      if (presses === 2) command.interrupt();
      const ended = await command.code();
      // A shell reports a command that the signal itself has ended as 130, too.
      const codes = presses === 1 ? [code] : [code, 130, 'SIGINT'];
      assert.ok(codes.includes(ended ?? ''), `${ended} after ${presses}: ${command.text()}`);
      if (presses === 1) assert.match(command.text(), words);
      else assert.ok(performance.now() - started < 10_000);
      assert.doesNotMatch(command.text(), /^\s+at |Traceback/m);
      await sleep(500);
      assert.equal(command.isRunning(), false, 'a process is left');
      // The caches of tsx and of onnxruntime stay.
      assert.deepEqual(
        readdirSync(temporary).filter((each) => !/^tsx-|^\.ses$/.test(each)),
        [],
      );
      const written = readdirSync(out, { recursive: true, encoding: 'utf8' });
      assert.deepEqual(
        written.filter((file) => /\.draft$|int8/.test(file)),
        [],
      );
      if (name === 'similarity') await readCalibrated(path.join(out, 'similarity.jsonl'));
    }
  });
}

test('two commands at once in one folder: one works, and the other names it', async (context) => {
  const [folder, images] = [await temporaryFolder(context), await temporaryFolder(context)];
  await writeFolder(images, { cats: 20, dogs: 20 });
  const distil = ['distil', '--student', 'vit_64', '--teacher', 'resnet_16', '--data', images, '--image-size', '32'];
  for (const [script, ...args] of [
    [...similarity, '--permutations', '19'],
    [...distil, '--epochs', '2', '--batch-size', '8'],
  ]) {
    const out = path.join(folder, script!);
    const start = (): ReturnType<typeof startCommand> =>
      startCommand(context, ['--import', 'tsx', `scripts/${script}.ts`, ...args, '--out', out]);
    const both = [start(), start()];
    const codes = await Promise.all(both.map((command) => command.code()));
    const texts = both.map((command) => command.text());
    assert.deepEqual(codes.sort(), [0, 1], texts.join('\n'));
    const refused = texts.find((text) => text.includes('has been running'));
    assert.match(refused!, /Process \d+ on .* has been running .* since .*\. Wait until it ends\./);
    assert.ok(readdirSync(out).includes('index.html') && !readdirSync(out).includes('lock'));
  }
});
