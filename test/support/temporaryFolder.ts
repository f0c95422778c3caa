import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** An empty folder that goes when the test ends. */
export async function temporaryFolder(context: TestContext): Promise<string> {
  const [folder, remove] = await makeTemporaryFolder();
  context.after(remove);
  return folder;
}

/** An empty folder, and what removes it, though a program that is just ending may still write there. */
export async function makeTemporaryFolder(): Promise<readonly [folder: string, remove: () => Promise<void>]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ofa-kd-'));
  return [folder, () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })];
}
