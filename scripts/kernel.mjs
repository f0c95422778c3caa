// Starts the tslab Jupyter kernel in the root folder of the project, so that notebooks can import './lib/…'.
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { loadLibraryWithoutTypeCheck } from './kernel/library.mjs';
import { replyAfterBind } from './kernel/sockets.mjs';
import { allowEdits } from './kernel/timers.mjs';
import { inProject, root } from './setup/project.mjs';

process.chdir(root);

// A Jupyter kernel runs in its own session and would survive if Jupyter is killed or its terminal closes.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 2000).unref();

// tslab prints unhandled errors into the cell, which still counts as successful, and loses those after the last cell.
// This log file lets unattended execution find them.
const errorLog = process.env.OFA_JUPYTER_ERROR_LOG;
if (errorLog !== undefined) {
  process.on('unhandledRejection', (reason) =>
    appendFileSync(errorLog, `UnhandledPromiseRejection: ${inspect(reason)}\n`),
  );
  process.on('uncaughtException', (error) => appendFileSync(errorLog, `UncaughtException: ${inspect(error)}\n`));
}

loadLibraryWithoutTypeCheck();
allowEdits();
replyAfterBind();
const require = createRequire(import.meta.url);
const { startKernel } = require(inProject('node_modules', 'tslab', 'dist', 'main.js'));
startKernel({ configPath: process.argv[2], enableFindLocal: false, jsKernel: false, globalVersion: '' });
