import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type OutgoingHttpHeaders } from 'node:http';
import path from 'node:path';
import { test, type TestContext } from 'node:test';

import type { Page } from 'playwright-core';

import { launchChromium, withoutChromium } from '../support/chromium';
import { startJupyterLab } from '../support/jupyterLab';

const withoutVenv = !existsSync('.venv') && 'no .venv: run npm run setup';

test(
  'JupyterLab listens on this machine only and rejects requests without its token',
  { skip: withoutVenv, timeout: 120_000 },
  async (context) => {
    const { port, address, printed } = await startJupyterLab(context);
    const token = address.searchParams.get('token');
    assert.match(token!, /^[0-9a-f]{48}$/, 'a token of 192 random bits');
    const statusOf = (place: string, headers: OutgoingHttpHeaders = {}): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port, path: place, headers }, (response) => resolve(response.resume().statusCode)).on(
          'error',
          reject,
        );
      });
    const authorization = `token ${token}`;
    for (const place of ['/api/contents', '/api/kernels', '/api/contents?token=0'])
      assert.equal(await statusOf(place), 403, place);
    for (const place of ['/lab', '/files/package.json'])
      assert.equal(await statusOf(place), 302, `${place} requires the token`);
    assert.equal(await statusOf('/api/contents', { authorization }), 200);
    assert.equal(
      await statusOf('/api/contents', { authorization, host: 'elsewhere.example' }),
      403,
      'rejects a foreign host name',
    );
    assert.deepEqual(await listening(port), ['0100007F'], '127.0.0.1 and no other address');
    if (process.getuid?.() === 0) assert.match(printed.join('\n'), /Warning: this is the root user.*--allow-root/s);
  },
);

test(
  'JupyterLab takes the next free port if its own is in use',
  { skip: withoutVenv, timeout: 120_000 },
  async (context) => {
    const other = createServer().listen(0, '127.0.0.1');
    context.after(() => other.close());
    await once(other, 'listening');
    const taken = other.address();
    assert.ok(typeof taken === 'object' && taken !== null);
    const { port, printed } = await startJupyterLab(context, taken.port);
    assert.notEqual(port, taken.port);
    assert.match(printed.join('\n'), new RegExp(`port ${taken.port} is already in use, trying another port`));
  },
);

const cells = (folder: string): readonly string[] => [
  `import { heatmap, progress, untilInterrupted } from './lib/notebook/index';
import { liveRun } from './lib/runs/index';
const layers = ['a', 'b', 'c'];
await heatmap({ rows: { model: 'ViT', layers }, columns: { model: 'CNN', layers },
  values: [[1, 0, 0.5], [0, 1, 0], [0.5, 0, 1]] });`,
  `const recipe = { student: 'mixer_64', data: { name: 'synthetic', trainImages: 200 },
  epochs: 500, batchSize: 20, evaluateEvery: 500, optimizer: { name: 'adamw' },
  learningRate: 1e-3, schedule: { kind: 'cosine', min: 0, per: 'step' }, weightDecay: 0.05, seed: 0 } as const;`,
  `const bar = progress('Training', 5000);
const steps: number[] = [];
let afterStop = 0;
await untilInterrupted(async (signal) => {
  for await (const event of liveRun(recipe, { folder: ${JSON.stringify(folder)}, testImages: 100, signal })) {
    if (event.kind !== 'step') continue;
    steps.push((event.epoch - 1) * event.steps + event.step);
    afterStop += signal.aborted ? 1 : 0;
    bar.update(steps.at(-1), 'running');
  }
  bar.finish('stopped');
});
console.log(\`steps \${steps[0]} to \${steps.at(-1)}, \${afterStop} after the stop\`);`,
];

test(
  'in JupyterLab, heatmaps react to hovering, progress bars move in place, and a stopped training run resumes',
  { skip: withoutChromium() || withoutVenv, timeout: 600_000 },
  async (context) => {
    // Started first and therefore stopped first: afterwards nothing writes to the folder, and it can be removed.
    const { address } = await startJupyterLab(context);
    const browser = await launchChromium(context);
    const folder = await folderInProject(context);
    const file = path.join(folder, 'training.ipynb');
    await writeNotebook(file, cells(path.join(folder, 'runs')));
    const page = await browser.newPage({ viewport: { width: 1200, height: 1400 } });
    page.setDefaultTimeout(120_000);
    address.pathname = `/lab/tree/${path.relative('.', file)}`;
    await page.goto(address.href);
    await page.waitForSelector('.jp-Notebook .jp-Cell');
    await page.waitForSelector('.jp-StatusBar-Widget :text("TypeScript (tslab) | Idle")');

    await page.click('.lm-MenuBar-itemLabel:text-is("Run")');
    await page.click('.lm-Menu-itemLabel:text-is("Run All Cells")');
    await page.waitForSelector('.live-figure .heatmaplayer image');
    assert.match(await hover(page), /ViT a.*CNN a.*CKA 1\.0000/s);

    const before = await bar(page, 0);
    const later = await bar(page, before.value);
    assert.ok(later.value > before.value && later.count === 1, 'there is one bar, and it has moved');

    await stop(page);
    const first = await result(page, 1);
    assert.ok(first.from === 1 && first.to < 5000, 'stopped in the middle');
    assert.ok(first.afterStop <= 1, `${first.afterStop} steps after the stop`);

    await page.locator('.jp-Notebook .jp-CodeCell').nth(2).locator('.cm-content').click();
    await page.keyboard.press('Control+Enter');
    const resumed = await bar(page, first.to);
    assert.equal(resumed.count, 1);
    await stop(page);
    const second = await result(page, first.to + 1);
    assert.equal(second.from, first.to + 1, 'resumes at the next step');
    await page.keyboard.press('Control+s');
    await page.waitForFunction("!document.querySelector('.jp-mod-dirty')");
    assert.match(
      await readFile(file, 'utf8'),
      new RegExp(`steps ${second.from} to ${second.to}`),
      'the notebook is saved with its outputs',
    );
  },
);

/** Returns the hover text of the heatmap's lower left cell. */
async function hover(page: Page): Promise<string> {
  await page.locator('.live-figure').scrollIntoViewIfNeeded();
  const plot = (await page.locator('.live-figure .nsewdrag').boundingBox())!;
  await page.mouse.move(plot.x + plot.width / 6, plot.y + (plot.height * 5) / 6);
  await page.waitForSelector('.hovertext');
  return (await page.textContent('.hovertext'))!;
}

/** Waits until the progress bar exceeds a value. Returns its value and the number of bars. */
async function bar(page: Page, beyond: number): Promise<{ readonly value: number; readonly count: number }> {
  await page.waitForFunction(`document.querySelector('.jp-OutputArea progress')?.value > ${beyond}`);
  return page.evaluate(`(() => {
    const bars = document.querySelectorAll('.jp-OutputArea progress');
    return { value: bars[0].value, count: bars.length };
  })()`);
}

async function stop(page: Page): Promise<void> {
  await page.click('jp-button[data-command="notebook:interrupt-kernel"], [data-command="notebook:interrupt-kernel"]');
}

/** Reads the output of the training cell for a run that started with this step. */
async function result(
  page: Page,
  from: number,
): Promise<{ readonly from: number; readonly to: number; readonly afterStop: number }> {
  const output = page.locator('.jp-OutputArea-output', { hasText: new RegExp(`steps ${from} to`) });
  const text = (await output.textContent())!;
  const [first = NaN, last = NaN, afterStop = NaN] = [...text.matchAll(/\d+/g)].map(Number);
  return { from: first, to: last, afterStop };
}

/** Creates a folder inside the project, where JupyterLab can open it. */
async function folderInProject(context: TestContext): Promise<string> {
  await mkdir('build', { recursive: true });
  const folder = await mkdtemp(path.join('build', 'lab-'));
  context.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  return folder;
}

/** The addresses on which a port listens, in the notation of /proc/net/tcp. */
async function listening(port: number): Promise<string[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((table) => readFile(table, 'utf8').catch(() => '')),
  );
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return tables
    .join('\n')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hex}`))
    .map(([, local]) => local!.split(':')[0]!);
}

async function writeNotebook(file: string, sources: readonly string[]): Promise<void> {
  const code = sources.map((source, index) => ({
    cell_type: 'code',
    id: `cell-${index}`,
    execution_count: null,
    outputs: [],
    metadata: {},
    source,
  }));
  await writeFile(
    file,
    JSON.stringify({
      cells: code,
      metadata: { kernelspec: { name: 'tslab', display_name: 'TypeScript', language: 'typescript' } },
      nbformat: 4,
      nbformat_minor: 5,
    }),
  );
}
