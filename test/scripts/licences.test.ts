import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { npmPackages, pythonPackages } from '../../scripts/licences';

test('docs/licences.md lists exactly the packages of the lock files', () => {
  const listed = [
    ...readFileSync('docs/licences.md', 'utf8').matchAll(/^\| \[([^\]]+)\]\([^)]+\) \| (\S+) \| [^|]+\|/gm),
  ].map(([, name, version]) => `${name} ${version}`);
  const locked = [...npmPackages(), ...pythonPackages()].map(({ name, version }) => `${name} ${version}`);
  assert.deepEqual([...listed].sort(), [...locked].sort(), 'docs/licences.md is out of date. Run npm run licences.');
});

test('no npm package has a strong copyleft licence', () => {
  const strong = npmPackages().filter(
    ({ licence }) => /\b(A?GPL)/.test(licence.replace(/LGPL/g, '')) && !/ OR |\(MIT/.test(licence),
  );
  assert.deepEqual(
    strong.map(({ name }) => name),
    [],
  );
});
