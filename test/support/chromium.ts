import { existsSync } from 'node:fs';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/** The system's Chromium, or the one that CHROMIUM names; undefined where there is none. */
export function chromiumPath(): string | undefined {
  return process.env.CHROMIUM ?? places.find((place) => existsSync(place));
}

/** Why a test that needs a browser is skipped, or false where it can run. */
export function withoutChromium(): string | false {
  return chromiumPath() === undefined && 'no Chromium found: install it, or name one by CHROMIUM';
}
