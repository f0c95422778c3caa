// The tslab kernel as Jupyter starts it: at the project's root, from where notebooks import './lib/…'.
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { takeLibraryAsItIs } from './kernel/library.mjs';
import { answerOnceBound } from './kernel/sockets.mjs';
import { inProject, root } from './setup/project.mjs';

process.chdir(root);

// Jupyter gives a kernel a session of its own: nobody else ends it when Jupyter is killed, or its terminal closed.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 2000).unref();

// tslab prints errors that nobody awaited into their cell, which stays green, and when it has ended they are lost:
// whoever executes notebooks unattended names a file to find them in.
const faults = process.env.OFA_KERNEL_FAULTS;
if (faults !== undefined) {
  process.on('unhandledRejection', (reason) =>
    appendFileSync(faults, `UnhandledPromiseRejection: ${inspect(reason)}\n`),
  );
  process.on('uncaughtException', (error) => appendFileSync(faults, `UncaughtException: ${inspect(error)}\n`));
}

takeLibraryAsItIs();
answerOnceBound();
const require = createRequire(import.meta.url);
const { startKernel } = require(inProject('node_modules', 'tslab', 'dist', 'main.js'));
startKernel({ configPath: process.argv[2], enableFindLocal: false, jsKernel: false, globalVersion: '' });
