import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

import type { Page } from 'playwright-core';

import { executeNotebooks, type Executed } from '../../scripts/notebooks/execute';
import { launchChromium, withoutChromium } from '../support/chromium';
import { temporaryFolder } from '../support/temporaryFolder';

const skip = withoutChromium() || (!existsSync('.venv') && 'no .venv: run npm run setup');

/** A heatmap with 1 on its diagonal, 0 elsewhere and one undefined corner, and texts that contain HTML. */
const cells = [
  "import { heatmap, progress, table } from './lib/notebook/index';",
  `const layers = ['a', 'b', 'c'];
await heatmap({ rows: { model: 'ViT', layers }, columns: { model: '<script>document.title = "evil"</script>', layers },
  values: [[1, 0, null], [0, 1, 0], [0, 0, 1]] });`,
  'await table([{ class: \'<script>document.title = "evil"</script>\', top1: 28.6 }]);',
  "const bar = progress('<b>Training</b>', 3);\nbar.update(3, '<i>');\nbar.finish();",
];

test(
  'the page of an executed notebook replaces the picture by a live heatmap with the right colours',
  { skip },
  async (context) => {
    const folder = await temporaryFolder(context);
    await writeNotebook(path.join(folder, 'figure.ipynb'));
    const executed: Executed[] = [];
    for await (const event of executeNotebooks([path.join(folder, 'figure.ipynb')], folder))
      if (event.event === 'notebook') executed.push(event);
    assert.deepEqual(executed[0]?.errors, []);
    const notebook = await readFile(path.join(folder, 'figure.ipynb'), 'utf8');
    assert.match(notebook, /"image\/png"/);
    assert.ok((await stat(path.join(folder, 'figure.ipynb'))).size < 200_000, 'plotly.js is not embedded');

    const browser = await launchChromium(context);
    const page = await browser.newPage();
    const address = `file://${path.join(folder, 'figure.html')}`;

    await page.goto(address);
    await page.waitForFunction(`document.querySelectorAll('script[src="plotly.js"]').length === 1`);
    assert.deepEqual(await visiblePictures(page), [true], 'without plotly.js, the picture remains');

    await copyFile(path.join('node_modules', 'plotly.js-dist', 'plotly.js'), path.join(folder, 'plotly.js'));
    await page.goto(address);
    await page.waitForSelector('.live-figure .heatmaplayer image');
    await page.waitForFunction("[...document.querySelectorAll('img')].every((img) => img.offsetParent === null)");

    const colors = await cellColors(page, 3);
    const [bright, dark, empty] = [
      [252, 253, 191, 255],
      [0, 0, 4, 255],
      [0, 0, 0, 0],
    ];
    // From top to bottom: the last layer of the rows comes first.
    assert.deepEqual(colors, [
      [dark, dark, bright],
      [dark, bright, dark],
      [bright, dark, empty],
    ]);
    assert.notEqual(await page.title(), 'evil');
    assert.match((await page.textContent('body')) ?? '', /<b>Training<\/b> 3\/3, 0:00 in all, <i>/);

    const plot = (await page.locator('.live-figure .nsewdrag').boundingBox())!;
    await page.mouse.move(plot.x + plot.width / 6, plot.y + (plot.height * 5) / 6);
    await page.waitForSelector('.hovertext');
    assert.match((await page.textContent('.hovertext'))!, /ViT a.*CKA 1\.0000/);

    for (const format of ['PNG', 'SVG']) {
      const [saved] = await Promise.all([
        page.waitForEvent('download'),
        page.locator(`.modebar-btn[data-title*="${format}"]`).click(),
      ]);
      assert.equal(saved.suggestedFilename(), `CKA-ViT-and-script-document-title-evil-script.${format.toLowerCase()}`);
    }
    assert.equal(
      await page.locator('.modebar-btn[data-title*="hare"]').count(),
      0,
      'there is no button that sends data elsewhere',
    );
    await page.setViewportSize({ width: 390, height: 800 });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, 'fits the width of a phone');
  },
);

function visiblePictures(page: Page): Promise<boolean[]> {
  return page.evaluate("[...document.querySelectorAll('img')].map((img) => img.offsetParent !== null)");
}

/** The RGBA colours at the centre of each cell of a square heatmap, row by row from the top. */
function cellColors(page: Page, count: number): Promise<number[][][]> {
  return page.evaluate(`(async () => {
    const image = new Image();
    image.src = document.querySelector('.heatmaplayer image').getAttribute('href');
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const middles = Array.from({ length: ${count} }, (_, k) => (k + 0.5) / ${count});
    const colorAt = (x, y) => [...context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data];
    return middles.map((y) => middles.map((x) => colorAt(x * image.width, y * image.height)));
  })()`);
}

async function writeNotebook(file: string): Promise<void> {
  const notebook = {
    cells: cells.map((source, index) => ({
      cell_type: 'code',
      id: `cell-${index}`,
      execution_count: null,
      outputs: [],
      metadata: {},
      source,
    })),
    metadata: { kernelspec: { name: 'tslab', display_name: 'TypeScript', language: 'typescript' } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  await writeFile(file, JSON.stringify(notebook));
}
