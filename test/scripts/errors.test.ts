import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { errorsPage } from '../../scripts/errors';
import { groupOf, groups } from '../../scripts/errors/groups';
import { messages } from '../../scripts/errors/messages';

test('docs/errors.md is up to date', () => {
  assert.ok(
    readFileSync('docs/errors.md', 'utf8') === errorsPage(),
    'docs/errors.md is out of date. Run npm run errors.',
  );
});

test('every error has a meaning and a remedy', () => {
  const all = messages();
  assert.ok(all.length > 100);
  assert.deepEqual(
    all.filter(({ file }) => groupOf(file) === undefined),
    [],
  );
  for (const { meaning, remedy } of groups) assert.ok(meaning.length > 40 && remedy.length > 40);
});

test('finds messages in every syntactic form, with … for the parts that vary', () => {
  const texts = messages().map(({ text }) => text);
  for (const text of [
    'A grid of heatmaps needs at least one heatmap; none was given.',
    'Unknown … "…". Nearest: … (… known).',
    '… does not have the expected SHA-256 …: the file was changed, or damaged on the way. It was discarded. Try again, or fetch the file from a source you trust.',
    'No checkpoint in … can be used: … Remove them to begin again.',
    'OFA_DEVICE is "…"; it must be cpu or cuda, or unset to look for an NVIDIA driver.',
  ])
    assert.ok(texts.includes(text), text);
});
