import path from 'node:path';

/** The program that runs one job of a plan, with its leading arguments, to be started in the project's root. */
export const jobProgram: readonly string[] = [process.execPath, '--import', 'tsx', path.join('scripts', 'job.ts')];
