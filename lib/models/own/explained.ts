import { short, UserError } from '../../errors';

/** Runs a function of a network of the user. An error of its code becomes a UserError that names the place. */
export function explained<T>(network: string, step: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Network ${network} failed in ${step}: ${describe(error)}. Correct its code.`, {
      cause: error,
    });
  }
}

/** An error of the user's code in one line, with its place if the stack names it. */
export function describe(error: unknown): string {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const place = placeOf(stack);
  const text = short(message.replace(/\s*\n\s*/g, ' ').replace(/\.$/, ''), 300);
  return place === undefined ? text : `${text} (${place})`;
}

/** The line of a stack trace that is the user's own: the first outside of packages, layers and ops. */
function placeOf(stack: string): string | undefined {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return lines
    .find((line) => !/^\s+at async |node:|node_modules|tfjs-|[\\/]lib[\\/](models|tensor)[\\/]/.test(line))
    ?.trim();
}
