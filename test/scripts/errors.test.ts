import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { errorsPage } from '../../scripts/errors';
import { groupOf, groups } from '../../scripts/errors/groups';
import { messages, messagesIn } from '../../scripts/errors/messages';

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
  const program = `
    throw new UserError('A plain string.');
    throw new UserError(\`A template with \${value} and \${other}.\`);
    throw new SetupError('A sum ' + 'of strings' + suffix);
    throw new UserError(['Lines:', ...list, 'The end.'].join('\\n'), { cause });
    throw new UserError(variable);
    throw new Error('An error that is not for users.');`;
  assert.deepEqual(messagesIn(program), [
    'A plain string.',
    'A template with … and ….',
    'A sum of strings…',
    'Lines: … The end.',
  ]);
});
