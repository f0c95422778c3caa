import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { z } from 'zod';
import type { Pixels } from '../../../lib/data/image';
import { resizeAndCrop, type Preprocessing } from '../../../lib/data/transforms/preprocessing';
import { Random } from '../../../lib/tensor/random';
import { openClassifier } from '../../../lib/export/classifier';
import { loadExits } from '../../../lib/export/exits';
import { branchesBeside } from '../../../lib/models/branches/branchesBeside';
import type { Model } from '../../../lib/models/model';
import { disposeModule } from '../../../lib/models/parameter';
import { compareModels } from '../../../lib/similarity/compareModels';
import * as tf from '../../../lib/tensor/engine/tf';
import { launchChromium, withoutChromium } from '../../support/chromium';
import { expectClose, largest } from '../../support/close';
import { buildSite, phone, serveSite, watched } from '../../support/site';
import { temporaryFolder } from '../../support/temporaryFolder';

const skip = withoutChromium();
const [student, other] = ['resnet_16-by-ofa', 'vit_64-by-ofa'] as const;
const sizes = [
  [32, 32],
  [32, 32],
  [64, 48],
  [40, 41],
  [300, 200],
] as const;

const savedSchema = z.object({
  networks: z.array(
    z.object({
      network: z.string(),
      images: z.array(z.object({ image: z.string(), outputs: z.record(z.array(z.number())) })),
    }),
  ),
  cka: z.object({ rows: z.string(), columns: z.string(), values: z.array(z.array(z.number().nullable())) }),
});

before(async () => skip || (await buildSite()), { timeout: 600_000 });

test(
  'logits, exits and CKA of images in the page equal those of lib, and nothing leaves the site',
  { skip, timeout: 300_000 },
  async (context) => {
    const folder = await temporaryFolder(context);
    const images = await writeImages(folder);
    const browser = await launchChromium(context);
    const address = await serveSite(context);
    for (const place of [`${address}explore.html`, pathToFileURL(path.join('site', 'explore.html')).href]) {
      const { page, errors } = await watched(browser);
      page.on('request', (request) => {
        const url = request.url();
        const isOwn = url.startsWith(new URL('.', place).href) || /^(blob|data):/.test(url);
        if (!isOwn || request.method() !== 'GET') errors.push(`${request.method()} ${url}`);
      });
      await page.goto(place);
      const stated = (await page.textContent('#explore-status'))!;
      const files = ['onnxruntime', student, other].map((name) => path.join('site', 'assets', 'explore', `${name}.js`));
      const bytes = (await Promise.all(files.map((file) => stat(file)))).reduce((sum, { size }) => sum + size, 0);
      assert.ok(stated.includes(`The first image loads ${(bytes / 1e6).toFixed(1)} MB: onnxruntime`), stated);
      await page.setInputFiles(
        '#explore-files',
        images.map(({ file }) => file),
      );
      await page.getByText('5 images, all computed here.').waitFor();
      await expectEqual(await savedResults(page), images);
      await expectShown(page);
      assert.deepEqual(errors, [], place);
      await page.close();
    }
  },
);

test('the page works without a network connection after it has been opened from disk', { skip }, async (context) => {
  const images = await writeImages(await temporaryFolder(context));
  const { page, errors } = await watched(await launchChromium(context));
  await page.context().setOffline(true);
  await page.goto(pathToFileURL(path.join('site', 'explore.html')).href);
  await page.selectOption('#explore-network', 'mixer_64');
  await page.setInputFiles('#explore-files', images[0]!.file);
  await page.getByText('1 image, all computed here.').waitFor();
  assert.match((await page.textContent('#explore-summary'))!, /mixer_64 has no exit branches/);
  assert.match((await page.textContent('#explore-cka'))!, /CKA needs 4 images/);
  assert.deepEqual(errors, []);
});

test('networks that could not be loaded are loaded again with the next image', { skip }, async (context) => {
  const images = await writeImages(await temporaryFolder(context));
  const { page } = await watched(await launchChromium(context));
  await page.goto(`${await serveSite(context)}explore.html`);
  await page.context().setOffline(true);
  await page.setInputFiles('#explore-files', images[0]!.file);
  await page.getByText(/onnxruntime\.js could not be loaded\. Check the connection/).waitFor();
  await page.context().setOffline(false);
  await page.setInputFiles('#explore-files', images[1]!.file);
  await page.getByText('2 images, all computed here.').waitFor();
  await page.context().setOffline(true);
  await page.setInputFiles('#explore-files', images[2]!.file);
  await page.getByText('3 images, all computed here.').waitFor();
});

test('ε is set by keyboard, and every control has a label', { skip }, async (context) => {
  const { page, errors } = await watched(await launchChromium(context));
  await page.goto(pathToFileURL(path.join('site', 'explore.html')).href);
  const chart = page.locator('#explore-loss-chart');
  const before = await chart.getAttribute('aria-label');
  await page.getByLabel('ε, the exponent:').focus();
  await page.keyboard.press('End');
  assert.equal(await page.textContent('#explore-epsilon-value'), '3');
  assert.notEqual(await chart.getAttribute('aria-label'), before);
  assert.equal(await page.locator('#explore-loss-chart polyline').count(), 2);
  const unlabelled = await page.evaluate(
    "[...document.querySelectorAll('.explore :is(input, select)')].filter((one) => one.labels.length === 0).length",
  );
  assert.equal(unlabelled, 0);
  assert.deepEqual(errors, []);
});

test('images can be dropped, and removed again', { skip }, async (context) => {
  const { page, errors } = await watched(await launchChromium(context));
  await page.goto(pathToFileURL(path.join('site', 'explore.html')).href);
  assert.match((await page.textContent('#explore-summary'))!, /Choose images above/);
  const data = await page.evaluateHandle(`(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 30 });
    canvas.getContext('2d').fillRect(5, 5, 20, 20);
    const image = await new Promise((resolve) => canvas.toBlob(resolve));
    const transfer = new DataTransfer();
    transfer.items.add(new File([image], 'dropped.png', { type: 'image/png' }));
    return transfer;
  })()`);
  await page.dispatchEvent('#explore-drop', 'drop', { dataTransfer: data });
  await page.getByText('1 image, all computed here.').waitFor();
  assert.equal(await page.locator('#explore-cards img').getAttribute('alt'), 'Your image dropped.png');
  await page.getByRole('button', { name: 'Remove all images' }).click();
  assert.equal(await page.textContent('#explore-status'), 'Ready.');
  assert.deepEqual(errors, []);
});

test('names a file that is not an image, and uses the others', { skip }, async (context) => {
  const folder = await temporaryFolder(context);
  const [image] = await writeImages(folder);
  const text = path.join(folder, 'text.png');
  await writeFile(text, 'This is a text.');
  const { page, errors } = await watched(await launchChromium(context));
  await page.goto(pathToFileURL(path.join('site', 'explore.html')).href);
  await page.setInputFiles('#explore-files', [text, image!.file]);
  await page.getByText('1 image, all computed here.').waitFor();
  assert.match((await page.textContent('#explore-problems'))!, /text\.png is not an image .* Choose a JPEG/);
  await page.getByRole('button', { name: 'Remove all images' }).click();
  assert.equal(await page.locator('#explore-cards article').count(), 0);
  assert.equal(await page.textContent('#explore-problems'), '');
  assert.deepEqual(errors, []);
});

test('a browser without WebAssembly SIMD is named, and ε still works', { skip }, async (context) => {
  const browser = await launchChromium(context, ['--js-flags=--no-enable-sse4-1 --no-enable-ssse3']);
  const { page, errors } = await watched(browser);
  await page.goto(pathToFileURL(path.join('site', 'explore.html')).href);
  assert.match((await page.textContent('#explore-status'))!, /This browser has no WebAssembly SIMD/);
  assert.ok(await page.locator('#explore-files').isDisabled());
  await page.getByLabel('ε, the exponent:').press('End');
  assert.equal(await page.textContent('#explore-epsilon-value'), '3');
  assert.deepEqual(errors, []);
});

interface WrittenImage {
  readonly file: string;
  readonly pixels: Pixels;
}

/** Writes images of several sizes as PNG. */
async function writeImages(folder: string): Promise<WrittenImage[]> {
  return Promise.all(
    sizes.map(async ([width, height], k) => {
      const wave = (i: number): number => 127 + 90 * Math.sin(i / (3 * width * (1 + k))) + 37 * Math.cos(i * (k + 0.3));
      const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => wave(i));
      const file = path.join(folder, `image ${k}.png`);
      await sharp(Buffer.from(data), { raw: { width, height, channels: 3 } })
        .png()
        .toFile(file);
      return { file, pixels: { data, width, height } };
    }),
  );
}

async function savedResults(page: Page): Promise<z.infer<typeof savedSchema>> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the results as JSON' }).click(),
  ]);
  return savedSchema.parse(JSON.parse(await readFile(await download.path(), 'utf8')));
}

/** Compares what the page computed with the networks of `lib` on the same images. */
async function expectEqual(saved: z.infer<typeof savedSchema>, images: readonly WrittenImage[]): Promise<void> {
  assert.deepEqual(
    saved.networks.map(({ network }) => network),
    [student, other],
  );
  const models: Model[] = [];
  const batches: tf.Tensor4D[] = [];
  for (const { network, images: own } of saved.networks) {
    const weights = path.join('data', 'weights', `${network}.safetensors`);
    const { model, preprocessing } = openClassifier(weights);
    models.push(model);
    const exits = network === student ? loadExits(model, branchesBeside(weights)) : undefined;
    const batch = tf.tidy(() => tf.stack(images.map(({ pixels }) => normaliseImage(pixels, preprocessing))));
    batches.push(batch as tf.Tensor4D);
    tf.tidy(() => {
      const output = model.forward(batch as tf.Tensor4D, { mode: 'eval' });
      const expected = [
        ['logits', output.logits] as const,
        ...(exits?.exits ?? []).map((exit) => [`exit${exit.stage}`, exit.logits(output, 'eval')] as const),
      ];
      for (const [name, logits] of expected)
        logits.arraySync().forEach((row, i) => {
          assert.equal(own[i]!.image, path.basename(images[i]!.file));
          expectClose(
            own[i]!.outputs[name]!,
            row,
            { relative: 0, absolute: 1e-4 * largest(row) },
            `${network} ${name}`,
          );
        });
      assert.equal(Object.keys(own[0]!.outputs).length, expected.length);
    });
    if (exits) disposeModule(exits.modules);
  }
  assert.deepEqual([saved.cka.rows, saved.cka.columns], [student, other]);
  const { values } = await compareModels(models[0]!, models[1]!, [batches[0]!]);
  values.forEach((row, i) =>
    row.forEach((value, j) => expectClose([saved.cka.values[i]![j]!], [value!], { relative: 0, absolute: 1e-4 })),
  );
  models.forEach(disposeModule);
  tf.dispose(batches);
}

/** Checks what the reader sees: the heatmap, the exits at two thresholds, the contrast of the cells, and the width. */
async function expectShown(page: Page): Promise<void> {
  assert.match((await page.textContent('#explore-cka caption'))!, /CKA on 5 images: resnet_16-by-ofa .* vit_64-by-ofa/);
  const threshold = page.getByLabel('An image stops at the first exit');
  await threshold.press('Home');
  assert.match((await page.textContent('#explore-summary'))!, /^5 of 5 images could stop before the classifier\./);
  assert.match((await page.textContent('#explore-cards article >> nth=0'))!, /exit 1: stops here/);
  await threshold.press('End');
  assert.match((await page.textContent('#explore-summary'))!, /^0 of 5 images/);
  assert.match((await page.textContent('#explore-cards article >> nth=0'))!, /classifier: stops here/);
  const cells = z.array(z.tuple([z.string(), z.string()])).parse(
    await page.evaluate(`[...document.querySelectorAll('#explore-cka tbody td')].map((cell) => {
      const { color, backgroundColor } = getComputedStyle(cell);
      return [color, backgroundColor];
    })`),
  );
  assert.equal(cells.length, 16);
  for (const [ink, paper] of cells) assert.ok(contrast(ink, paper) >= 4.5, `${ink} on ${paper}`);
  assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= phone.width);
}

/** The contrast of two colours by WCAG 2. */
function contrast(...colours: readonly [string, string]): number {
  const [light, dark] = colours
    .map((colour) => {
      const [r, g, b] = [...colour.matchAll(/\d+/g)].map(([digits]) => {
        const share = Number(digits) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b! + 0.05;
    })
    .sort((a, b) => b - a);
  return light! / dark!;
}

/** An image as the networks read it, with the image kernels of Node. */
function normaliseImage(pixels: Pixels, preprocessing: Preprocessing): tf.Tensor3D {
  const { data, height, width } = resizeAndCrop(preprocessing)(pixels, new Random(0));
  const values = tf.tensor3d(Float32Array.from(data), [height, width, 3]);
  return tf.div(tf.sub(tf.div(values, 255), [...preprocessing.mean]), [...preprocessing.std]);
}
