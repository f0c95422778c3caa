import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporaryFolder';

const check = (file: string) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'scripts/networks.ts', file], { encoding: 'utf8' });

const library = JSON.stringify(path.resolve('lib/models/index'));

/** A network of patches and a classifier. */
const networkFile = (name: string, stages: string): string => `
import { Conv2d, defineNetwork, globalAveragePool, Linear, tf } from ${library};
export const mine = defineNetwork({
  name: '${name}',
  family: 'cnn',
  imageSize: 8,
  create: ({ classes }, random) => {
    const patches = { filterSize: 4, stride: 4, padding: 0, bias: true };
    const stem = new Conv2d(3, 8, patches, random.fork('stem'));
    const head = new Linear(8, classes, random.fork('head'));
    return {
      modules: { stem, head },
      forward: (images) => {
        const x = tf.relu(stem.apply(images));
        const pooled = globalAveragePool(x);
        return { logits: head.apply(pooled), stages: ${stages}, pooled };
      },
    };
  },
});
`;

test('prints the shapes of a right network, and what is wrong with others, with exit code 1', async (context) => {
  const folder = await temporaryFolder(context);
  for (const [name, source, status, words] of [
    ['right', networkFile('mine_8', '[x, x, x, x]'), 0, /482 parameters, width 8(.|\n)*stage 4: 2 × 2 × 8\n  nothing/],
    ['rank', networkFile('mine_8', '[x, x, x, pooled]'), 1, /stage 4: \[2, 8\] instead of \[2, size, size, channels\]/],
    ['number', networkFile('mine_8', '[x, x, x]'), 1, /stages: 3 features instead of 4/],
    ['taken', networkFile('resnet_16', '[x, x, x, x]'), 1, /taken\.ts: Network resnet_16 has the name of a network of/],
    [
      'throws',
      "throw new Error('out of\\nideas.');",
      1,
      /throws\.ts cannot be loaded: out of ideas \(at .*throws\.ts:1:/,
    ],
    ['syntax', 'export const = 1;', 1, /syntax\.ts cannot be loaded: .*syntax\.ts:1:13: ERROR: Expected identifier/],
    ['import', "import './other-file';", 1, /import\.ts cannot be loaded: Cannot find module '\.\/other-file'/],
    ['family', networkFile('mine_8', '[x, x, x, x]').replace('cnn', 'rnn'), 1, /defineNetwork: family: Invalid enum/],
    ['nothing', 'export const width = 16;', 1, /nothing\.ts exports no network/],
    ['other', "export const mine = { kind: 'network', name: 'mine_8' };", 1, /other\.ts exports no network/],
  ] as const) {
    const file = path.join(folder, `${name}.ts`);
    await writeFile(file, source);
    const { status: code, stdout, stderr } = check(file);
    assert.equal(code, status, stderr);
    assert.match(stdout + stderr, words);
    assert.doesNotMatch(stderr, /\n\s+at /);
    assert.ok(stderr.length < 600 && stderr.trim().split('\n').length <= 3, stderr);
  }
});
