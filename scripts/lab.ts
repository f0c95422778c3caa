import { Command, InvalidArgumentError } from 'commander';

import { run } from './cli/run';
import { runInForeground } from './setup/foreground.mjs';
import { root, venvPython } from './setup/project.mjs';

/** npm run lab: JupyterLab for this machine alone, with its token. Nothing here touches JupyterLab's token, password or checks of origin. */
const command = new Command('npm run lab --')
  .description('Opens JupyterLab on the notebooks, for this machine only, behind its token.')
  .option('--port <number>', 'the port to listen on; the next free one where it is taken', port, 8888)
  .option('--no-browser', 'print the address instead of opening a browser')
  .action(({ port, browser }: { readonly port: number; readonly browser: boolean }) => {
    const options = [
      `--ServerApp.root_dir=${root}`,
      '--ServerApp.ip=127.0.0.1',
      `--ServerApp.port=${port}`,
      '--LabApp.default_url=/lab/tree/notebooks',
      '--MultiKernelManager.default_kernel_name=tslab',
    ];
    if (!browser) options.push('--no-browser');
    if (process.getuid?.() === 0) {
      console.warn(
        'Warning: this is the root user. JupyterLab refuses to run as root unless it is told to, and npm run lab tells it (--allow-root):\n' +
          'whoever has the address with its token can do anything on this machine. It listens on this machine only. Better: run it as another user.',
      );
      options.push('--allow-root');
    }
    runInForeground(venvPython, ['-m', 'jupyterlab', ...options], { ...process.env, JUPYTER_PREFER_ENV_PATH: '1' });
  });

function port(text: string): number {
  const number = Number(text);
  if (!(Number.isInteger(number) && number > 0 && number < 65536))
    throw new InvalidArgumentError('A port is a whole number from 1 to 65535.');
  return number;
}

void run(command);
