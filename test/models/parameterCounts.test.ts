import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { disposeModule, parameterCount } from '../../lib/models/parameter';
import { createModel, modelNames } from '../../lib/models/zoo';
import { Still } from './still';

const { parameters: expected } = z
  .object({ parameters: z.record(z.number()) })
  .parse(JSON.parse(readFileSync(path.join(__dirname, 'timmParameters.json'), 'utf8')));

/** Larger networks have the same structure and take too long to create. */
const largest = 90e6;

test("has the parameter counts of timm (for the authors' own Swins: of timm's class with their options)", () => {
  for (const [name, count] of Object.entries(expected).filter(([, count]) => count < largest)) {
    const model = createModel(name, { classes: 100 }, new Still(0));
    assert.equal(parameterCount(model), count, name);
    disposeModule(model);
  }
});

test("has the 278,324 parameters of RepDistiller's ResNet-20", () => {
  const model = createModel('resnet20', { classes: 100 }, new Still(0));
  assert.equal(parameterCount(model), 278_324);
  disposeModule(model);
});

test('checks every network of the zoo except those for 32 pixels', () => {
  const own = modelNames().filter((name) => !(name in expected));
  assert.deepEqual(
    own.map((name) => name.replace(/_\d+$/, '')),
    ['resnet20', 'resnet', 'resnet', 'resnet', 'vit', 'vit', 'vit', 'mixer', 'mixer', 'mixer'],
  );
});
