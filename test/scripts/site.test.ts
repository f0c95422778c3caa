import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { sources } from '../../scripts/site/sources';
import { launchChromium, withoutChromium } from '../support/chromium';

const skip = withoutChromium();
const notebooks = readdirSync('notebooks')
  .filter((name) => name.endsWith('.ipynb'))
  .map((name) => name.replace('.ipynb', '.html'));

/** The viewport of a small phone, in CSS pixels. */
const phone = { width: 390, height: 844 };

before(
  () => {
    if (skip || isCurrent('site/index.html')) return;
    const { status, stderr } = spawnSync(process.execPath, ['scripts/launch.mjs', 'site'], {
      encoding: 'utf8',
      timeout: 540_000,
    });
    assert.equal(status, 0, stderr);
  },
  { timeout: 600_000 },
);

test(
  'every page opens from disk without errors, draws its figures and formulas, and fits a phone',
  { skip, timeout: 900_000 },
  async (context) => {
    const browser = await launchChromium(context, ['--allow-file-access-from-files']);
    const pages = readdirSync('site', { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.html') && file !== '404.html',
    );
    assert.deepEqual(
      notebooks.filter((name) => !pages.includes(path.join('notebooks', name))),
      [],
      'every notebook has a page',
    );
    for (const file of pages) {
      const { page, errors } = await watched(browser);
      page.on(
        'request',
        (request) => void (/^https?:/.test(request.url()) && errors.push(`${request.url()} is not part of the site`)),
      );
      await page.goto(pathToFileURL(path.join('site', file)).href);
      await page.waitForFunction(
        "[...document.querySelectorAll('.live-figure')].every((one) => one.querySelector('.main-svg'))",
      );
      await page.waitForFunction('window.MathJax?.startup?.promise?.then(() => true)');
      // The theme replaces the source of each diagram by its drawing.
      await page.waitForFunction("document.querySelector('pre.mermaid') === null");
      assert.deepEqual(errors, [], file);
      assert.equal(
        await page.locator('.live-figure').count(),
        liveFigures(file),
        `${file}: has all figures of the notebook`,
      );
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
      assert.ok(width <= phone.width, `${file} is ${width} pixels wide`);
      assert.equal(
        await page.evaluate(
          "[...document.querySelectorAll('.jp-RenderedMarkdown')].some((one) => /\\$[^$\\n]+\\$/.test(one.innerText))",
        ),
        false,
        `${file}: formulas are rendered`,
      );
      await page.close();
    }
  },
);

test('the index links to every notebook', { skip, timeout: 60_000 }, () => {
  const index = readFileSync('site/index.html', 'utf8');
  for (const name of notebooks) assert.ok(index.includes(`href="notebooks/${name}"`), name);
});

test(
  'the search finds a word of a notebook, with and without a server',
  { skip, timeout: 120_000 },
  async (context) => {
    const browser = await launchChromium(context);
    for (const address of [pathToFileURL('site/index.html').href, await serve(context)]) {
      const { page, errors } = await watched(browser);
      await page.goto(address);
      await page.locator('.md-header label[for="__search"]').first().click();
      await page.locator('.md-search__input').first().pressSequentially('heatmaps');
      await page.waitForSelector('.md-search-result__item');
      assert.match((await page.textContent('.md-search-result__list'))!, /CKA/, address);
      assert.deepEqual(errors, [], address);
      await page.close();
    }
  },
);

/** Whether the site is newer than all its sources. */
function isCurrent(index: string): boolean {
  if (!existsSync(index)) return false;
  const built = statSync(index).mtimeMs;
  const newer = (from: string): boolean =>
    statSync(from).isDirectory()
      ? readdirSync(from).some((name) => newer(path.join(from, name)))
      : statSync(from).mtimeMs > built;
  return !['scripts/site', ...sources.map(([from]) => from)].some((from) => existsSync(from) && newer(from));
}

/** The number of live figures in the notebook of a page. */
function liveFigures(file: string): number {
  const notebook = path.join('build', 'site', 'pages', file.replace(/\.html$/, '.ipynb'));
  return existsSync(notebook) ? readFileSync(notebook, 'utf8').split('class=\\"live-figure\\"').length - 1 : 0;
}

/** Returns a new page in a phone's viewport, and the list of its errors. */
async function watched(browser: Browser): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const page = await browser.newPage({ viewport: phone });
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
  page.on('pageerror', (error) => void errors.push(error.message));
  page.on('requestfailed', (request) => void errors.push(`${request.url()} failed`));
  return { page, errors };
}

/** Serves the site on a local port and returns its address. */
async function serve(context: TestContext): Promise<string> {
  const types: Readonly<Record<string, string>> = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.json': 'application/json',
    '.png': 'image/png',
    '.svg': 'image/svg+xml',
  };
  const server = createServer(({ url = '/' }, response) => {
    const file = path.join('site', path.normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname)));
    if (existsSync(file))
      createReadStream(file).pipe(
        response.setHeader('content-type', types[path.extname(file)] ?? 'application/octet-stream'),
      );
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}/index.html`;
}
