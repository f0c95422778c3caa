import { isAbort } from '../../lib/errors';
import { lockFolder } from '../../lib/runs/runFolder/lock';
import { pausedExitCode } from '../../lib/runs/schedulers/task';
import { stopSignal } from '../cli/stopSignal';

/**
 * Runs work that appends records to a folder. Its signal fires on Ctrl-C, after which the command ends as paused.
 * Throws a UserError while another command works in that folder.
 */
export async function pausable(folder: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const signal = stopSignal();
  const release = await lockFolder(folder);
  try {
    await work(signal);
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    console.log(`\nPaused; finished measurements are in ${folder}. Run the same command again to resume.`);
    process.exitCode = pausedExitCode;
  } finally {
    await release();
  }
}
