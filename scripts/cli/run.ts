import type { Command } from 'commander';
import { UserError } from '../../lib/errors';

/**
 * Runs a command with the arguments of this process.
 * A UserError is printed as one message and sets exit code 1; any other error is a bug and shows its stack trace.
 */
export async function run(command: Command): Promise<void> {
  stopWhenOutputIsClosed();
  try {
    command.configureOutput({ outputError: (text, write) => write(oneLine(text, command)) });
    // Excess arguments are mistakes, such as a list written with spaces.
    for (const each of [command, ...command.commands]) {
      each.allowExcessArguments(false);
      refuseEmptyValues(each);
      refuseRepeatedOptions(each);
    }
    await command.parseAsync();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** The error is the last line that a command prints, and not above its whole help. */
function oneLine(text: string, command: Command): string {
  const called = command.commands.find((each) => each.name() === process.argv[2]);
  const name = [command.name(), ...(called ? [called.name()] : [])].join(' ');
  return `${text.trim().replace(/\n/g, ' ').replace(/\.$/, '')}. See ${name} --help\n`;
}

/** An empty value is a mistake, such as a variable of the shell that is not set. */
function refuseEmptyValues(command: Command): void {
  for (const option of command.options) {
    command.on(`option:${option.name()}`, (value: unknown) => {
      if (typeof value !== 'string' || value.trim() !== '') return;
      command.error(`error: option '${option.flags}' has an empty value, as from a shell variable that is not set`);
    });
  }
}

/** Of two values of one option that takes one, commander would use the last without a message. */
function refuseRepeatedOptions(command: Command): void {
  for (const option of command.options) {
    if (option.variadic) continue;
    let count = 0;
    command.on(`option:${option.name()}`, () => {
      if (++count > 1) command.error(`error: option '${option.flags}' is given ${count} times; give it once`);
    });
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
