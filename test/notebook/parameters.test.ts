import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UserError } from '../../lib/errors';
import { parameters } from '../../lib/notebook/parameters';

const defaults = { epochs: 5, student: 'vit_128', live: true, gammas: [1, 1.2] };

test('OFA_PARAMS overrides the profile, which overrides the defaults', () => {
  assert.deepEqual(parameters(defaults, {}, {}), { ...defaults, profile: 'laptop' });
  const smoke = { smoke: { epochs: 1 } };
  assert.deepEqual(parameters(defaults, smoke, { OFA_PROFILE: 'smoke' }), { ...defaults, epochs: 1, profile: 'smoke' });
  const environment = { OFA_PROFILE: 'smoke', OFA_PARAMS: '{"epochs": 3, "gammas": [1.4]}' };
  assert.deepEqual(parameters(defaults, smoke, environment), {
    ...defaults,
    epochs: 3,
    gammas: [1.4],
    profile: 'smoke',
  });
});

test('rejects unknown names and suggests the nearest', () => {
  assert.throws(
    () => parameters(defaults, {}, { OFA_PARAMS: '{"epoch": 3}' }),
    /Unknown parameter "epoch"\. Nearest: epochs/,
  );
  assert.throws(
    () => parameters(defaults, {}, { OFA_PROFILE: 'labtop' }),
    /Unknown profile "labtop"\. Nearest: laptop/,
  );
  assert.throws(() => parameters(defaults, {}, { OFA_PARAMS: '{"profile": "smoke"}' }), UserError);
  assert.throws(() => parameters(defaults, {}, { OFA_PARAMS: '{"__proto__": 1}' }), UserError);
});

test('rejects values of another type, naming the parameter and its default', () => {
  for (const wrong of [
    '{"epochs": "3"}',
    '{"epochs": null}',
    '{"student": 1}',
    '{"live": "yes"}',
    '{"gammas": ["a"]}',
    '{"gammas": 1}',
  ]) {
    assert.throws(() => parameters(defaults, {}, { OFA_PARAMS: wrong }), /must have the type of its default/, wrong);
  }
  assert.deepEqual(parameters({ options: {} }, {}, { OFA_PARAMS: '{"options": {"exponent": 1.2}}' }).options, {
    exponent: 1.2,
  });
  for (const wrong of ['3', '[1]', 'null', '"a"'])
    assert.throws(
      () => parameters({ options: {} }, {}, { OFA_PARAMS: `{"options": ${wrong}}` }),
      /must have the type of its default \{\}/,
      wrong,
    );
  for (const wrong of ['{', '[1]', '3', 'null'])
    assert.throws(() => parameters(defaults, {}, { OFA_PARAMS: wrong }), UserError, wrong);
});
