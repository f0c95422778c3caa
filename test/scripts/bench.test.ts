import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

for (const [what, args, message] of [
  ['an unknown network', ['step', 'nosuch', 'resnet_32', '32', '128'], /Unknown network "nosuch"\. Nearest: /],
  [
    'an invalid image size',
    ['step', 'vit_64', 'resnet_32', '33', '128'],
    /patches of 4 pixels.*Choose an image size of 32 or 36/,
  ],
  ['an empty batch', ['step', 'vit_64', 'resnet_32', '32', '0'], /a positive whole number/],
  ['an unknown measure', ['similarity', 'resnet_16', 'vit_64', '32', '8', '--measure', 'nosuch'], /nosuch/],
  ['an unknown network for CKA', ['cka', 'resnet_32', 'nosuch', '32', '8', '1'], /Unknown network "nosuch"/],
  ['a missing Python', ['compare', '--python', '/no/such/python'], /No Python can be run at "\/no\/such\/python"/],
  ['a Python without packages', ['compare', '--python', process.execPath], /lacks a module/],
] as const) {
  test(`the benchmark rejects ${what}, without a stack trace`, () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/bench.ts', ...args], {
      encoding: 'utf8',
    });
    assert.notEqual(status, 0);
    assert.match(stderr, message);
    assert.ok(stderr.trim().split('\n').length <= 2 && !/^\s+at |Traceback/m.test(stderr), stderr);
    assert.equal(stdout, '');
  });
}
