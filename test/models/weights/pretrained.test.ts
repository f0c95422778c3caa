import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { Preprocessing } from '../../../lib/data/transforms/preprocessing';
import type { HubOptions } from '../../../lib/io/download/huggingFace';
import { toStored } from '../../../lib/models/weights/layout';
import { disposeModule, parameters } from '../../../lib/models/parameter';
import { loadWeights } from '../../../lib/models/weights/pretrained';
import { saveWeights } from '../../../lib/models/weights/weights';
import { serve } from '../../io/download/server';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { tinyNetworks } from '../tinyNetworks';

const [given, fresh] = [tinyNetworks['convNeXt']!(5, 1), tinyNetworks['convNeXt']!(5, 2)];
after(() => disposeModule([given, fresh]));

const config = {
  architecture: 'convnext',
  num_classes: 5,
  pretrained_cfg: {
    tag: 'test',
    input_size: [3, 39, 39],
    interpolation: 'bicubic',
    crop_pct: 0.95,
    mean: [0.1, 0.2, 0.3],
    std: [0.4, 0.5, 0.6],
  },
};

/** A hub with one repository, `timm/convnext.test`. */
async function hub(context: TestContext, description: unknown = config): Promise<HubOptions> {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'own.safetensors');
  await saveWeights(given, file);
  const weights = readFileSync(file);
  const json = Buffer.from(JSON.stringify(description));
  const address = await serve(context, (request, response) => {
    const isConfig = request.url === '/timm/convnext.test/resolve/v1/config.json';
    if (!isConfig && request.url !== '/timm/convnext.test/resolve/v1/model.safetensors') {
      response.writeHead(404).end();
      return;
    }
    const content = isConfig ? json : weights;
    const etag = isConfig
      ? createHash('sha1').update(`blob ${json.length}\0`).update(json)
      : createHash('sha256').update(weights);
    response
      .writeHead(200, { 'x-linked-etag': `"${etag.digest('hex')}"`, 'content-length': content.length })
      .end(request.method === 'HEAD' ? undefined : content);
  });
  return { endpoint: new URL(address).origin, folder: path.join(folder, 'cache'), retryDelay: 1 };
}

test('loads the weights of a repository and the preprocessing that it states', async (t) => {
  const { images, normalisation, headLoaded } = await loadWeights(fresh, 'timm/convnext.test@v1', await hub(t));
  const expected: Preprocessing = {
    imageSize: 39,
    cropShare: 0.95,
    interpolation: 'bicubic',
    mean: [0.1, 0.2, 0.3],
    std: [0.4, 0.5, 0.6],
  };
  assert.deepEqual(images, expected);
  assert.deepEqual(normalisation, { mean: expected.mean, std: expected.std });
  assert.ok(headLoaded);
  const numbers = (model: typeof given): unknown =>
    parameters(model).map(([name, parameter]) => [name, toStored(parameter)]);
  assert.deepEqual(numbers(fresh), numbers(given));
});

test('rejects weights of another network, an invalid config.json and an unknown kind of source', async (t) => {
  await rejectsWith(
    loadWeights(fresh, 'timm/convnext.test@v1', await hub(t, { ...config, architecture: 'resnet18' })),
    'holds weights of resnet18',
    'convnext',
  );
  await rejectsWith(
    loadWeights(fresh, 'timm/convnext.test@v1', await hub(t, { architecture: 'convnext' })),
    'Is it a timm repository?',
    'pretrained_cfg',
  );
  const squashed = { ...config, pretrained_cfg: { ...config.pretrained_cfg, crop_mode: 'squash' } };
  await rejectsWith(loadWeights(fresh, 'timm/convnext.test@v1', await hub(t, squashed)), 'crop_mode');
  await rejectsWith(loadWeights(fresh, 'timm/absent', await hub(t)), '404');
  await rejectsWith(loadWeights(fresh, 'convnext'), 'neither');
  const pickle = path.join(await temporaryFolder(t), 'teacher.pth');
  writeFileSync(pickle, 'x');
  await rejectsWith(loadWeights(fresh, pickle), 'pickle', 'docs/weights.md');
});
