import path from 'node:path';
import type { Job } from '../job/job';

/** The folder of a job's run, among those of others. */
export const homeOf = ({ id }: Pick<Job, 'id'>, folder: string): string => path.join(folder, id);

/** The files in it that more than one part asks for. */
export const studentOf = (home: string): string => path.join(home, 'student.safetensors');
export const metricsOf = (home: string): string => path.join(home, 'metrics.jsonl');
export const recordOf = (home: string): string => path.join(home, 'record.json');
export const failureOf = (home: string): string => path.join(home, 'failure.json');
