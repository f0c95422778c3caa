import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startCommand } from '../support/startCommand';
import { launchChromium, withoutChromium } from '../support/chromium';
import { buildSite, phone, serveSite, watched } from '../support/site';

const skip = withoutChromium();
const notebooks = readdirSync('notebooks')
  .filter((name) => name.endsWith('.ipynb'))
  .map((name) => name.replace('.ipynb', '.html'));

before(async () => skip || (await buildSite()), { timeout: 600_000 });

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
    for (const address of [pathToFileURL('site/index.html').href, `${await serveSite(context)}index.html`]) {
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

test('Ctrl-C ends npm run site, and the last built site stays', { skip, timeout: 120_000 }, async (context) => {
  const files = (): string[] => readdirSync('site', { recursive: true, encoding: 'utf8' }).sort();
  const built = files();
  const output = path.join('build', 'site', 'html');
  rmSync(output, { recursive: true, force: true });
  const command = startCommand(context, ['--import', 'tsx', 'scripts/site.ts']);
  while (!existsSync(output) && command.isRunning()) await sleep(20);
  command.interrupt();
  assert.equal(await command.code(), 130);
  assert.match(command.text(), /^\s*Stopped\.\s*$/);
  assert.deepEqual(files(), built);
});

/** The number of live figures in the notebook of a page. */
function liveFigures(file: string): number {
  const notebook = file.replace(/\.html$/, '.ipynb');
  return existsSync(notebook) ? readFileSync(notebook, 'utf8').split('class=\\"live-figure\\"').length - 1 : 0;
}
