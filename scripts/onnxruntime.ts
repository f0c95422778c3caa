import { Command } from 'commander';
import { run } from './cli/run';
import { installBrowserPackages, installOnnxruntime } from './onnxruntime/environments.mjs';

/** npm run onnxruntime: installs what exported networks run with. */
const command = new Command('npm run onnxruntime')
  .description(
    'Installs onnxruntime for Python, with which exported networks are checked, quantised and measured, and\n' +
      'onnxruntime-web and transformers.js, which the tests need. Nothing is installed twice.',
  )
  .action(async () => {
    await installOnnxruntime();
    await installBrowserPackages();
  });

void run(command);
