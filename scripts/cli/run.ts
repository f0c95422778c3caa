import type { Command } from 'commander';
import { UserError } from '../../lib/errors';

/** Runs a command from its arguments. A fault of the user's is one line on stderr and exit code 1; a fault of ours shows its stack. */
export async function run(command: Command): Promise<void> {
  let unread = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // Whoever read the output, as `head` does, wants no more of it. A command that has work to lose listens for a signal, and stops with a checkpoint.
    if (!unread && process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
    // A signal that was heard already is none that is listened for.
    else if (!unread && process.listenerCount('SIGINT') === 0) process.exit(0);
    unread = true;
  });
  try {
    // What a command does not take is a mistake, such as a list written with spaces, and must not go unsaid.
    for (const each of [command, ...command.commands]) each.allowExcessArguments(false);
    await command.showHelpAfterError().parseAsync();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
