import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** Creates an empty folder and removes it after the test. */
export async function temporaryFolder(context: TestContext): Promise<string> {
  const [folder, remove] = await makeTemporaryFolder();
  context.after(remove);
  return folder;
}

/** Creates an empty folder. Returns it with a function that removes it, also while an ending program writes to it. */
export async function makeTemporaryFolder(): Promise<readonly [folder: string, remove: () => Promise<void>]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ofa-kd-'));
  return [folder, () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })];
}
