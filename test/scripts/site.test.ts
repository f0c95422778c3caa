import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { chromiumPath, withoutChromium } from '../support/chromium';

const skip = withoutChromium() || (!existsSync('site/index.html') && 'no site: run npm run site');

/** As wide as a small phone, in CSS pixels. */
const phone = { width: 390, height: 844 };

test('every page opens from the disk: no error, every figure drawn, formulas set, no wider than a phone', { skip, timeout: 300_000 }, async (context) => {
  const browser = await chromium.launch({ executablePath: chromiumPath()!, args: ['--no-sandbox', '--allow-file-access-from-files'] });
  context.after(() => browser.close());
  const pages = readdirSync('site', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html') && file !== '404.html');
  assert.ok(pages.length > 7);
  for (const file of pages) {
    const page = await browser.newPage({ viewport: phone });
    const faults: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
    page.on('pageerror', (error) => void faults.push(error.message));
    page.on('requestfailed', (request) => void faults.push(`${request.url()} failed`));
    page.on('request', (request) => void (/^https?:/.test(request.url()) && faults.push(`${request.url()} is elsewhere`)));
    await page.goto(`file://${path.resolve('site', file)}`);
    await page.waitForFunction("[...document.querySelectorAll('.live-figure')].every((one) => one.querySelector('.main-svg'))");
    await page.waitForFunction('window.MathJax?.startup?.promise?.then(() => true)');
    assert.deepEqual(faults, [], file);
    const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
    assert.ok(width <= phone.width, `${file} is ${width} pixels wide`);
    assert.equal(await page.evaluate("[...document.querySelectorAll('.jp-RenderedMarkdown')].some((one) => /\\$[^$\\n]+\\$/.test(one.innerText))"), false, `${file}: formulas are set`);
    await page.close();
  }
});

test('the search finds a word of a notebook, without a server', { skip, timeout: 60_000 }, async (context) => {
  const browser = await chromium.launch({ executablePath: chromiumPath()!, args: ['--no-sandbox'] });
  context.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`file://${path.resolve('site', 'index.html')}`);
  await page.locator('.md-search__input').first().fill('heatmaps');
  await page.waitForSelector('.md-search-result__item');
  assert.match((await page.textContent('.md-search-result__list'))!, /CKA/);
});
