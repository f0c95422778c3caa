import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { createModel, defineNetwork, disposeModule, ownNetworks, readNetworks } from '../../../lib/models/index';
import { parameters } from '../../../lib/models/parameter';
import { copyModel, modelNames } from '../../../lib/models/zoo';
import { sha256 } from '../../../lib/io/sha256';
import { Random } from '../../../lib/tensor/random';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { convMixer } from './convMixer';

const convMixerFile = path.join('test', 'models', 'own', 'convMixer.ts');
const library = path.resolve('lib', 'models', 'index');

test('reads the networks of a file and creates, copies and lists them by name', async () => {
  const own = await readNetworks(convMixerFile);
  assert.deepEqual(own.networks, [convMixer]);
  assert.equal(own.file, convMixerFile);
  assert.equal(own.sha256, await sha256(convMixerFile));
  assert.ok(modelNames(own).includes('convmixer_16'));
  assert.ok(!modelNames().includes('convmixer_16'));
  const model = createModel('convmixer_16', { classes: 3, networks: own }, new Random(1));
  assert.equal(model.imageSize, 32);
  const copy = copyModel(model, own);
  const copied = new Map(parameters(copy));
  for (const [name, { value }] of parameters(model)) {
    assert.deepEqual(copied.get(name)!.value.dataSync(), value.dataSync(), name);
  }
  [model, copy].forEach(disposeModule);
  assert.throws(() => createModel('convmixer_61', { classes: 3, networks: own }, new Random(1)), /convmixer_16/);
  assert.throws(() => createModel('convmixer_16', { classes: 3 }, new Random(1)), /Unknown network/);
  assert.throws(() => createModel('convmixer_16', { classes: 0, networks: own }, new Random(1)), /positive integer/);
});

test('rejects files that are missing, throw or export no network, and invalid or taken names', async (context) => {
  const folder = await temporaryFolder(context);
  let count = 0;
  const rejects = async (source: string, ...texts: readonly string[]): Promise<void> => {
    // A process runs a file once, so that each case has its own.
    const file = path.join(folder, `${count++}-mine.ts`);
    await writeFile(file, `import { defineNetwork } from ${JSON.stringify(library)};\n${source}`);
    await rejectsWith(readNetworks(file), ...texts);
  };
  const network = (name: string): string =>
    `defineNetwork({ name: '${name}', family: 'cnn', imageSize: 8, create: () => { throw 1; } })`;
  await rejectsWith(readNetworks(path.join(folder, 'other.ts')), 'other.ts does not exist');
  await rejectsWith(readNetworks(folder), folder);
  await rejects("throw new Error('out of ideas');", 'cannot be loaded: out of ideas');
  await rejects('export const = 1;', 'cannot be loaded: ', 'mine.ts');
  await rejects('export const width = 16;', 'exports no network');
  await rejects(`export const mine = ${network('resnet18')};`, 'resnet18 has the name of a network of this library');
  await rejects(
    `export const a = ${network('a')}; export const b = ${network('a')};`,
    'Two of your networks have the name a.',
  );
  await rejects(`export const mine = ${network('a:b')};`, 'mine.ts: "a:b" cannot name a network');
});

test('a set of networks of a notebook is identified by their code', () => {
  const fails = (message: string): never => {
    throw new Error(message);
  };
  const definition = { name: 'mine', family: 'cnn', imageSize: 8 } as const;
  const one = defineNetwork({ ...definition, create: () => fails('one') });
  const same = defineNetwork({ ...definition, create: () => fails('one') });
  const other = defineNetwork({ ...definition, create: () => fails('other') });
  const [a, b, c] = [one, same, other].map((network) => ownNetworks([network]).sha256);
  assert.equal(a, b);
  assert.notEqual(a, c);
  assert.throws(() => ownNetworks([one, other]), /Two of your networks have the name mine/);
});
