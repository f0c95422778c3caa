import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium, type Browser } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/** Returns the path of Chromium: CHROMIUM, or the system's; undefined if there is none. */
function chromiumPath(): string | undefined {
  return process.env.CHROMIUM ?? places.find((place) => existsSync(place));
}

/** Returns the reason to skip a test that needs a browser, or false. */
export function withoutChromium(): string | false {
  return chromiumPath() === undefined && 'Chromium is missing: install it, or set CHROMIUM to its path';
}

/** Starts a browser and closes it after the test. Signals are handled by the test's process only. */
export async function launchChromium(context: TestContext, args: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: chromiumPath()!,
    args: ['--no-sandbox', ...args],
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
  });
  context.after(() => Promise.race([browser.close(), sleep(20_000, undefined, { ref: false })]));
  return browser;
}
