import { Command } from 'commander';

import { run } from './cli/run';
import { foreground } from './setup/foreground.mjs';
import { root, venvPython } from './setup/project.mjs';

/** npm run lab: JupyterLab for this machine alone, with its token. */
const command = new Command('npm run lab --')
  .description('Opens JupyterLab on the notebooks, for this machine only.')
  .option('--port <number>', 'the port to listen on', '8888')
  .option('--no-browser', 'print the address instead of opening a browser')
  .action(({ port, browser }: { port: string; browser: boolean }) => {
    const options = [`--ServerApp.root_dir=${root}`, '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`, '--LabApp.default_url=/lab/tree/notebooks', '--MultiKernelManager.default_kernel_name=tslab'];
    if (!browser) options.push('--no-browser');
    if (process.getuid?.() === 0) {
      console.warn('Warning: this is the root user; whoever has the address with its token can do anything on this machine.');
      options.push('--allow-root');
    }
    foreground(venvPython, ['-m', 'jupyterlab', ...options], { ...process.env, JUPYTER_PREFER_ENV_PATH: '1' });
  });

void run(command);
