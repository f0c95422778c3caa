import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../lib/errors';
import { checkParameters } from '../../scripts/notebooks/checkParameters';
import { temporaryFolder } from '../support/temporaryFolder';

const notebooks = readdirSync('notebooks')
  .filter((name) => name.endsWith('.ipynb'))
  .map((name) => path.join('notebooks', name));
const unknown = { OFA_PARAMS: '{"epochz": 2}' };

test('finds an unknown parameter of every notebook that has parameters', () => {
  const withParameters = notebooks.filter((file) => readFileSync(file, 'utf8').includes('parameters('));
  assert.ok(withParameters.length > 20);
  for (const file of withParameters) {
    const words = `${path.basename(file)}: Unknown parameter "epochz"`;
    assert.throws(
      () => checkParameters([file], unknown),
      (error) => error instanceof UserError && error.message.includes(words),
      file,
    );
    assert.doesNotThrow(() => checkParameters([file], { OFA_PROFILE: 'smoke' }));
  }
});

test('names the nearest parameter, wrong types, and the notebooks', () => {
  const distil = 'notebooks/05-distil.ipynb';
  assert.doesNotThrow(() => checkParameters([distil], { OFA_PARAMS: '{"epochs": 2}' }));
  assert.throws(() => checkParameters([distil], unknown), /05-distil\.ipynb: Unknown .* Nearest: epochs/);
  assert.throws(
    () => checkParameters([distil], { OFA_PARAMS: '{"epochs": "2"}' }),
    /must have the type of its default/,
  );
  assert.throws(
    () => checkParameters(notebooks, unknown),
    /01-data.*\n.*02-cka.*\n.*03-exit.*\n  and \d+ more notebooks$/,
  );
  assert.throws(() => checkParameters([], { OFA_PROFILE: 'smoek' }), /Unknown profile "smoek"/);
});

test('leaves a notebook without parameters, and one that it cannot evaluate, to the execution', async (context) => {
  const file = path.join(await temporaryFolder(context), 'own.ipynb');
  for (const source of [
    'console.log(1);',
    "import { sizes } from './lib/data/index';\nconst settings = parameters({ size: sizes(3) });",
    'const settings = parameters({ size: };',
    'while (true);\nparameters({});',
  ]) {
    writeFileSync(file, JSON.stringify({ cells: [{ cell_type: 'code', source }] }));
    assert.doesNotThrow(() => checkParameters([file], unknown), source);
  }
});
