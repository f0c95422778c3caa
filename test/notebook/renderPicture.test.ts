import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';

import { FigureRenderer } from '../../lib/notebook/figureRenderer';
import { saveFigure } from '../../lib/notebook/save';
import { heatmap } from '../../lib/plots/charts/heatmap';
import { rejectsWith } from '../support/rejectsWith';
import { temporaryFolder } from '../support/temporaryFolder';

const python = path.resolve('.venv', 'bin', 'python');
const skip = !existsSync(python) && 'no .venv: run npm run setup';
const figure = heatmap({
  rows: { model: 'ViT', layers: ['a', 'b'] },
  columns: { model: '<script>', layers: ['c'] },
  values: [[0.25], [null]],
});

test('concurrent requests to one process each receive their own picture', { skip }, async () => {
  const renderer = new FigureRenderer(python);
  const [png, svg, large] = await Promise.all([
    renderer.render(figure, 'png', 1),
    renderer.render(figure, 'svg', 1),
    renderer.render(figure, 'png', 2),
  ]);
  assert.deepEqual(pngSize(png), [figure.layout.width, figure.layout.height]);
  assert.deepEqual(pngSize(large), [2 * figure.layout.width, 2 * figure.layout.height]);
  const text = svg.toString('utf8');
  assert.match(text, /^<svg/);
  assert.match(text, /CKA: ViT and &(lt|#60);script&(gt|#62);/);
  renderer.stop();
});

test('rejects a figure that cannot be rendered, and renders the next one', async (context) => {
  const renderer = new FigureRenderer(
    await script(
      context,
      `read a; echo '{"id":0,"error":"too large"}'; read b; echo '{"id":1,"picture":"AQID"}'; read c`,
    ),
  );
  await rejectsWith(renderer.render(figure, 'png', 1), 'Cannot render', 'too large');
  assert.deepEqual([...(await renderer.render(figure, 'png', 1))], [1, 2, 3]);
  assert.ok(!renderer.replaceable);
  renderer.stop();
});

test('rejects pending requests when the rendering process exits', async (context) => {
  const renderer = new FigureRenderer(await script(context, 'read a; exit 3'));
  await rejectsWith(renderer.render(figure, 'png', 1), 'No static pictures', 'code 3');
  assert.ok(renderer.replaceable);
  await rejectsWith(renderer.render(figure, 'png', 1), 'No static pictures');
});

test('without Python or its packages, the error names the command to run', async (context) => {
  const folder = await temporaryFolder(context);
  assert.throws(() => new FigureRenderer(path.join(folder, 'python')), /npm run setup/);
  const bare = ['/usr/bin/python3', '/usr/local/bin/python3'].find((place) => existsSync(place));
  if (bare !== undefined)
    await rejectsWith(new FigureRenderer(bare).render(figure, 'png', 1), 'No static pictures', 'npm run setup');
});

test('saves png, svg, and a page with the picture inside and a reference to plotly.js', { skip }, async (context) => {
  const folder = await temporaryFolder(context);
  for (const ending of ['png', 'svg', 'html']) await saveFigure(figure, path.join(folder, 'figures', `cka.${ending}`));
  const page = await readFile(path.join(folder, 'figures', 'cka.html'), 'utf8');
  assert.match(page, /<img alt="CKA: ViT and &lt;script&gt;"/);
  assert.match(page, /node_modules\/plotly\.js-dist\/plotly\.js/);
  assert.ok(page.length < 300_000);
  await rejectsWith(saveFigure(figure, path.join(folder, 'cka.gif')), 'cka.gif', '.svg');
  await rejectsWith(saveFigure(figure, path.join(folder, 'figures', 'cka.png', 'cka.svg')), 'Cannot write', 'a file');
});

/** Writes a shell script that replaces Python in this test. */
async function script(context: TestContext, commands: string): Promise<string> {
  const file = path.join(await temporaryFolder(context), 'python');
  await writeFile(file, `#!/bin/sh\n${commands}\n`, { mode: 0o755 });
  return file;
}

/** Reads width and height from the header of a PNG file. */
function pngSize(png: Buffer): readonly number[] {
  assert.equal(png.subarray(1, 4).toString('latin1'), 'PNG');
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}
