import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { digest, digestError } from '../../lib/reference/digest';
import { input } from '../../lib/reference/fill';
import * as tf from '../../lib/tensor/engine/tf';
import { fillParameters } from '../../scripts/parity/fillParameters';
import { digestSchema } from '../../scripts/parity/schemas';
import { Still } from './still';

/** Written by timmOutputs.py, for networks and image sizes that the reference files of `npm run parity` do not have. */
const { source, cases } = z
  .object({
    source: z.string(),
    cases: z.array(
      z.object({ model: z.string(), classes: z.number(), size: z.number(), digests: z.record(digestSchema) }),
    ),
  })
  .parse(JSON.parse(readFileSync(path.join(__dirname, 'timmOutputs.json'), 'utf8')));

for (const { model: name, classes, size, digests } of cases) {
  test(`${name} at ${size} px: logits, stages and penultimate feature equal those of ${source}`, () => {
    const model = createModel(name, { classes, imageSize: size }, new Still(0));
    fillParameters(model);
    tf.tidy(() => {
      const { logits, pooled, stages } = model.forward(
        tf.tensor4d(input('image', [1, size, size, 3]), [1, size, size, 3]),
        { mode: 'eval' },
      );
      const features: Readonly<Record<string, tf.Tensor>> = {
        logits,
        pooled,
        ...Object.fromEntries(stages.map((stage, i) => [`stage${i + 1}`, stage])),
      };
      for (const [label, expected] of Object.entries(digests)) {
        const actual = features[label]!;
        assert.equal(digestError(digest(actual.dataSync(), actual.shape, label), expected, 1e-4), undefined, label);
      }
      assert.deepEqual(Object.keys(features).sort(), Object.keys(digests).sort());
    });
    disposeModule(model);
  });
}
