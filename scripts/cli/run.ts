import type { Command } from 'commander';
import { UserError } from '../../lib/errors';

/**
 * Runs a command with the arguments of this process.
 * A UserError is printed as one message and sets exit code 1; any other error is a bug and shows its stack trace.
 */
export async function run(command: Command): Promise<void> {
  stopWhenOutputIsClosed();
  try {
    // Excess arguments are mistakes, such as a list written with spaces.
    for (const each of [command, ...command.commands]) each.allowExcessArguments(false);
    await command.showHelpAfterError().parseAsync();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/**
 * Ends this process when the reader of its output, such as `head`, closes it.
 * A command that handles signals gets a SIGTERM, so that it can write a checkpoint.
 */
function stopWhenOutputIsClosed(): void {
  let isClosed = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!isClosed && process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
    // A command that has received its SIGINT no longer listens for it, and is already stopping.
    else if (!isClosed && process.listenerCount('SIGINT') === 0) process.exit(0);
    isClosed = true;
  });
}
