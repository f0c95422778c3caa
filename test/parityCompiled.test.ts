import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { isNative } from '../lib/tensor/engine/native';
import { checkFile } from '../scripts/parity/files';

const reference = process.env['OFA_REFERENCE'];
const skip =
  (reference === undefined && 'set OFA_REFERENCE to a folder of reference files to compare with them') ||
  (!isNative() && 'needs the native engine');

/** Of the networks one of each family, because XLA takes 10 to 30 s to compile one of 224 pixels. */
const files = [
  'losses.json',
  'losses-modern.json',
  'cka.json',
  'steps.json',
  ...['resnet18', 'vit_small_patch16_224', 'resmlp_12_224'].map((name) => path.join('models', `${name}.json`)),
];

for (const name of files) {
  test(`matches ${name} in compiled functions with our kernels`, { skip }, () => {
    const checks = checkFile(path.join(reference!, name), 'graph');
    assert.ok(checks.length > 0);
    assert.deepEqual(
      checks.filter(({ error }) => error !== undefined),
      [],
    );
  });

  test(`matches ${name} in functions that XLA compiles`, { skip }, () => {
    const args = [
      '--import',
      'tsx',
      path.join('scripts', 'parity.ts'),
      path.join(reference!, name),
      '--compile',
      'xla',
    ];
    const env = { ...process.env, OFA_KERNELS: 'off' };
    const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    assert.match(stdout, /^[1-9]\d* checks, 0 failed\n$/, stdout + stderr);
  });
}
