/**
 * Exit code of a job's process that is paused: it was stopped and left a checkpoint, or another process runs the same
 * job. Run the same command again to resume. (EX_TEMPFAIL of sysexits.h.)
 */
export const pausedExitCode = 75;

/** A job of a plan as an argument list for a process of its own. */
export interface Task {
  /** The program that runs one job of a plan, with its leading arguments. */
  readonly program: readonly string[];
  readonly plan: string;
  /** Line of the plan, counted from 0, or what a scheduler replaces by it. */
  readonly index: number | string;
  /** The folder of all runs. */
  readonly out: string;
  /** Number of processes that share each batch. Default: 1. */
  readonly processes?: number;
}

/** The command of a task: program, plan, index and options. */
export function taskCommand({ program, plan, index, out, processes = 1 }: Task): string[] {
  const options = processes > 1 ? ['--processes', String(processes)] : [];
  return [...program, plan, String(index), '--out', out, ...options];
}

/** Quotes an argument for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
