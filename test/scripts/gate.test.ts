import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdict, type Stored } from '../../scripts/bench/gate';

const before: Stored = { step: 'vit_64 resnet_24 32 64', products: 3, processor: 'a processor', date: '2026-11-24' };

test('a step may cost up to a third more matrix products, which is a quarter of its speed', () => {
  assert.ok(verdict(before, 2).passed);
  assert.ok(verdict(before, 3.9).passed);
  const slower = verdict(before, 4.1);
  assert.equal(slower.passed, false);
  assert.match(slower.text, /4\.10.*3\.00.*25 %.*profile vit_64 resnet_24 32 64/);
});
