import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium, type Browser } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/** The system's Chromium, or the one that CHROMIUM names; undefined where there is none. */
export function chromiumPath(): string | undefined {
  return process.env.CHROMIUM ?? places.find((place) => existsSync(place));
}

/** Why a test that needs a browser is skipped, or false where it can run. */
export function withoutChromium(): string | false {
  return chromiumPath() === undefined && 'no Chromium found: install it, or name one by CHROMIUM';
}

/** A browser until the test is over. It takes no signals for itself, so that one that ends the test's process ends it. */
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
