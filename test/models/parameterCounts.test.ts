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

/** Larger ones are made of the same rows and take too long to fill. */
const largest = 90e6;

test("networks have as many parameters as timm's (the authors' own Swins: as timm's class with their options)", () => {
  for (const [name, count] of Object.entries(expected).filter(([, count]) => count < largest)) {
    const model = createModel(name, { classes: 100 }, new Still(0));
    assert.equal(parameterCount(model), count, name);
    disposeModule(model);
  }
});

test("RepDistiller's ResNet-20 has its 278,324 parameters", () => {
  const model = createModel('resnet20', { classes: 100 }, new Still(0));
  assert.equal(parameterCount(model), 278_324);
  disposeModule(model);
});

test("only the small networks for 32 pixels are not timm's", () => {
  const own = modelNames().filter((name) => !(name in expected));
  assert.deepEqual(
    own.map((name) => name.replace(/_\d+$/, '')),
    ['resnet20', 'resnet', 'resnet', 'resnet', 'vit', 'vit', 'vit', 'mixer', 'mixer', 'mixer'],
  );
});
