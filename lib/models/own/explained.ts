import { UserError } from '../../errors';

/** Runs a function of a network of the user. An error of its code becomes a UserError that names the place. */
export function explained<T>(network: string, step: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    const place = placeOf(stack);
    throw new UserError(
      `Network ${network} failed in ${step}: ${message.replaceAll('\n', ' ')}` +
        `${place === undefined ? '' : ` (${place})`}. Correct its code.`,
      { cause: error },
    );
  }
}

/** The line of a stack trace that is the user's own: the first outside of packages, layers and ops. */
function placeOf(stack: string): string | undefined {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return lines.find((line) => !/node_modules|tfjs-|[\\/]lib[\\/](models|tensor)[\\/]/.test(line))?.trim();
}
