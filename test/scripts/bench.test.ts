import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

for (const [what, args, message] of [
  ['a network', ['step', 'nosuch', 'resnet_32', '32', '128'], /Unknown network "nosuch"\. Nearest: /],
  ['an image size', ['step', 'vit_64', 'resnet_32', '33', '128'], /patches of 4 pixels.*Choose 32 or 36/],
  ['a batch', ['step', 'vit_64', 'resnet_32', '32', '0'], /a positive whole number/],
  ['a network of CKA', ['cka', 'resnet_32', 'nosuch', '32', '8', '1'], /Unknown network "nosuch"/],
  ['a Python', ['compare', '--python', '/no/such/python'], /There is no Python to run at "\/no\/such\/python"/],
  ['a Python without packages', ['compare', '--python', process.execPath], /cannot be compared with/],
] as const) {
  test(`the benchmark names ${what} that there cannot be, without a stack`, () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/bench.ts', ...args], {
      encoding: 'utf8',
    });
    assert.notEqual(status, 0);
    assert.match(stderr, message);
    assert.ok(stderr.trim().split('\n').length <= 2 && !/^\s+at |Traceback/m.test(stderr), stderr);
    assert.equal(stdout, '');
  });
}
