import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv } from '../../lib/io/csv';

test('quotes values with commas, quotes and line breaks, and leaves missing values empty', () => {
  const rows = [
    { name: 'a, "b"', top1: 27.5 },
    { name: 'line\nbreak', top1: null, extra: true },
  ];
  assert.equal(csv(rows), 'name,top1,extra\n"a, ""b""",27.5,\n"line\nbreak",,true');
});

test('a table without rows has no line', () => assert.equal(csv([]), ''));
