import { Command, InvalidArgumentError } from 'commander';

import { run } from './cli/run';
import { runInForeground } from './setup/foreground.mjs';
import { root, venvPython } from './setup/project.mjs';

/** npm run lab: starts JupyterLab. Leaves JupyterLab's token, password and origin checks at their defaults. */
const command = new Command('npm run lab --')
  .description('Opens JupyterLab on the notebooks. It listens on this machine only and requires a token.')
  .option('--port <number>', 'port to listen on; if it is taken, the next free one', port, 8888)
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
      console.warn(rootWarning);
      options.push('--allow-root');
    }
    runInForeground(venvPython, ['-c', start, ...options], { ...process.env, JUPYTER_PREFER_ENV_PATH: '1' });
  });

/** Until JupyterLab handles Ctrl-C itself, Python would print a long traceback. */
const start = 'import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); from jupyterlab.labapp import main; main()';

const rootWarning =
  'Warning: this is the root user. JupyterLab refuses to run as root without --allow-root, which this command adds.\n' +
  'Anyone with the address and its token can run any command on this machine. ' +
  'The server listens on this machine only.\n' +
  'Run it as another user if you can.';

function port(text: string): number {
  const number = Number(text);
  if (!(Number.isInteger(number) && number > 0 && number < 65536))
    throw new InvalidArgumentError(`"${text}" is not a port. Use an integer from 1 to 65535.`);
  return number;
}

void run(command);
