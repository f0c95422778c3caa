import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { withLock } from '../../scripts/setup/lock.mjs';
import { sources } from '../../scripts/site/sources';

/** The viewport of a small phone, in CSS pixels. */
export const phone = { width: 390, height: 844 };

/** The site must work below any path of a server. */
const prefix = '/some/where/';

/** Builds the site unless it is newer than its sources. Test files that run at the same time build it once. */
export async function buildSite(): Promise<void> {
  await withLock(
    path.join('build', 'site.lock'),
    'build of the site',
    () => {
      if (isCurrent(path.join('site', 'index.html'))) return;
      const { status, stderr } = spawnSync(process.execPath, ['scripts/launch.mjs', 'site'], {
        encoding: 'utf8',
        timeout: 540_000,
      });
      assert.equal(status, 0, stderr);
    },
    console.error,
  );
}

/** Whether the site is newer than all its sources. */
function isCurrent(index: string): boolean {
  if (!existsSync(index)) return false;
  const built = statSync(index).mtimeMs;
  const newer = (from: string): boolean =>
    statSync(from).isDirectory()
      ? readdirSync(from).some((name) => newer(path.join(from, name)))
      : statSync(from).mtimeMs > built;
  return !['scripts/site', 'data/weights', ...sources.map(([from]) => from)].some(
    (from) => existsSync(from) && newer(from),
  );
}

/** Returns a new page in a phone's viewport, and the list of its errors. */
export async function watched(browser: Browser): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const page = await browser.newPage({ viewport: phone });
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
  page.on('pageerror', (error) => void errors.push(error.message));
  page.on('requestfailed', (request) => void errors.push(`${request.url()} failed`));
  return { page, errors };
}

/** Serves the site in a sub-path of a local port and returns its address. */
export async function serveSite(context: TestContext): Promise<string> {
  const types: Readonly<Record<string, string>> = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.json': 'application/json',
    '.png': 'image/png',
    '.svg': 'image/svg+xml',
  };
  const server = createServer(({ url = '/' }, response) => {
    const place = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    const file = path.join('site', path.normalize(place.replace(prefix, '/')));
    if (place.startsWith(prefix) && existsSync(file))
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
  return `http://127.0.0.1:${address.port}${prefix}`;
}
