import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCommand, type StartedCommand } from '../support/startCommand';
import { temporaryFolder } from '../support/temporaryFolder';

/** A copy of the project's setup, whose npm installs for a minute. */
async function project(context: TestContext): Promise<{ readonly folder: string; readonly bin: string }> {
  const folder = await temporaryFolder(context);
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  for (const file of ['setup', 'setup.mjs', 'launch.mjs', 'doctor.ts'])
    cpSync(path.join('scripts', file), path.join(folder, 'scripts', file), { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(file, path.join(folder, file));
  writeFileSync(path.join(bin, 'npm'), '#!/bin/sh\necho installing\nexec sleep 60\n');
  chmodSync(path.join(bin, 'npm'), 0o755);
  return { folder, bin };
}

for (const args of [['setup.mjs'], ['launch.mjs', 'doctor']]) {
  test(`Ctrl-C ends the setup with what is complete and how to resume (${args.join(' ')})`, async (context) => {
    const { folder, bin } = await project(context);
    const log = path.join(folder, 'build', 'setup.log');
    for (const presses of [1, 2]) {
      const command: StartedCommand = startCommand(
        context,
        [path.join(folder, 'scripts', args[0]!), ...args.slice(1)],
        {
          cwd: folder,
          env: { PATH: `${bin}:${process.env['PATH']}` },
        },
      );
      await command.printed('… Node packages');
      while (!existsSync(log) || !readFileSync(log, 'utf8').includes('installing')) await sleep(20);
      for (let press = 0; press < presses; press++) command.interrupt();
      assert.equal(await command.code(), 130, command.text());
      assert.match(
        command.text(),
        /\nStopped during step 1 of 6: Node packages\. .* Run npm run setup to resume with this step\.\n$/,
      );
      await sleep(200);
      assert.equal(command.isRunning(), false, 'a process is left');
      assert.ok(!existsSync(path.join(folder, 'build', 'setup.lock')));
    }
  });
}
