import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdict, type Stored } from '../../scripts/bench/gate';

const measured = [
  { processor: 'a processor', products: 3, date: '2026-11-24' },
  { processor: 'another', products: 6, date: '2026-11-25' },
];
const before: Stored = { step: 'vit_64 resnet_24 32 64', measured };

test('passes a step that costs up to a third more matrix products (a quarter of its speed)', () => {
  assert.ok(verdict(before, 'a processor', 2).passed);
  assert.ok(verdict(before, 'a processor', 3.9).passed);
  const slower = verdict(before, 'a processor', 4.1);
  assert.equal(slower.passed, false);
  assert.match(slower.text, /4\.10.*3\.00.*25 %.*profile vit_64 resnet_24 32 64/);
});

test('compares a step with the cost on the same processor, and passes with a notice if none is stored', () => {
  assert.ok(verdict(before, 'another', 7.9).passed);
  assert.equal(verdict(before, 'another', 8.1).passed, false);
  const unknown = verdict(before, 'a third', 100);
  assert.ok(unknown.passed);
  assert.match(unknown.text, /a third.*gate --save/);
});
