import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';

import { Painter } from '../../lib/notebook/painter';
import { saveFigure } from '../../lib/notebook/save';
import { heatmap } from '../../lib/plots/charts/heatmap';
import { rejectsWith } from '../support/faults';
import { temporaryFolder } from '../support/temporaryFolder';

const python = path.resolve('.venv', 'bin', 'python');
const skip = !existsSync(python) && 'no .venv: run npm run setup';
const figure = heatmap({
  rows: { model: 'ViT', layers: ['a', 'b'] },
  columns: { model: '<script>', layers: ['c'] },
  values: [[0.25], [null]],
});

test('pictures of one process, asked for at once, each answer their own request', { skip }, async () => {
  const painter = new Painter(python);
  const [png, svg, large] = await Promise.all([
    painter.paint(figure, 'png', 1),
    painter.paint(figure, 'svg', 1),
    painter.paint(figure, 'png', 2),
  ]);
  assert.deepEqual(pngSize(png), [figure.layout.width, figure.layout.height]);
  assert.deepEqual(pngSize(large), [2 * figure.layout.width, 2 * figure.layout.height]);
  const text = svg.toString('utf8');
  assert.match(text, /^<svg/);
  assert.match(text, /CKA: ViT and &(lt|#60);script&(gt|#62);/);
  painter.stop();
});

test('a figure that cannot be drawn is refused, and the next is drawn', async (context) => {
  const painter = new Painter(
    await script(
      context,
      `read a; echo '{"id":0,"error":"too large"}'; read b; echo '{"id":1,"picture":"AQID"}'; read c`,
    ),
  );
  await rejectsWith(painter.paint(figure, 'png', 1), 'could not be drawn', 'too large');
  assert.deepEqual([...(await painter.paint(figure, 'png', 1))], [1, 2, 3]);
  assert.ok(!painter.replaceable);
  painter.stop();
});

test('a drawing process that dies takes no request with it in silence', async (context) => {
  const painter = new Painter(await script(context, 'read a; exit 3'));
  await rejectsWith(painter.paint(figure, 'png', 1), 'No static pictures', 'code 3');
  assert.ok(painter.replaceable);
  await rejectsWith(painter.paint(figure, 'png', 1), 'No static pictures');
});

test('without Python, or with one that lacks the packages, the message says what to do', async (context) => {
  const folder = await temporaryFolder(context);
  assert.throws(() => new Painter(path.join(folder, 'python')), /npm run setup/);
  const bare = ['/usr/bin/python3', '/usr/local/bin/python3'].find((place) => existsSync(place));
  if (bare !== undefined)
    await rejectsWith(new Painter(bare).paint(figure, 'png', 1), 'No static pictures', 'npm run setup');
});

test('files: png, svg, and a page that carries the picture and refers to plotly.js', { skip }, async (context) => {
  const folder = await temporaryFolder(context);
  for (const ending of ['png', 'svg', 'html']) await saveFigure(figure, path.join(folder, 'figures', `cka.${ending}`));
  const page = await readFile(path.join(folder, 'figures', 'cka.html'), 'utf8');
  assert.match(page, /<img alt="CKA: ViT and &lt;script&gt;"/);
  assert.match(page, /node_modules\/plotly\.js-dist\/plotly\.js/);
  assert.ok(page.length < 300_000);
  await rejectsWith(saveFigure(figure, path.join(folder, 'cka.gif')), 'cka.gif', '.svg');
  await rejectsWith(saveFigure(figure, path.join(folder, 'figures', 'cka.png', 'cka.svg')), 'Cannot write', 'a file');
});

/** A stand-in for Python that follows these shell commands. */
async function script(context: TestContext, commands: string): Promise<string> {
  const file = path.join(await temporaryFolder(context), 'python');
  await writeFile(file, `#!/bin/sh\n${commands}\n`, { mode: 0o755 });
  return file;
}

/** Width and height as the header of a PNG file says them. */
function pngSize(png: Buffer): readonly number[] {
  assert.equal(png.subarray(1, 4).toString('latin1'), 'PNG');
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}
