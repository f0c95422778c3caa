import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readJson } from '../../io/json';
import type { RunRecord } from '../../results/records/record';
import type { Job } from '../plan/job';
import { finishedRecord } from './finishedRecord';
import { lockHolder } from './lock';
import { damagedFiles, hasManifest } from './manifest';
import { failureFile, runFolderOf } from './paths';

/** The state of a job, as its folder shows it. */
export type JobState =
  | { readonly kind: 'finished'; readonly record: RunRecord; readonly damaged: readonly string[] }
  | { readonly kind: 'running'; readonly by: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'paused' }
  | { readonly kind: 'not started' };

const failure = z.object({ message: z.string() });

/** Reads the state of a job from the folder of all runs. Checks the files of a finished run against its manifest. */
export async function jobState(job: Job, runsFolder: string): Promise<JobState> {
  const runFolder = runFolderOf(job, runsFolder);
  const record = await finishedRecord(job, runsFolder);
  if (record) {
    const damaged = hasManifest(runFolder) ? await damagedFiles(runFolder) : [];
    return { kind: 'finished', record, damaged };
  }
  const by = await lockHolder(runFolder);
  if (by !== undefined) return { kind: 'running', by };
  const failed = failureFile(runFolder);
  if (existsSync(failed)) {
    const { message } = await readJson(failed, (value) => failure.parse(value));
    return { kind: 'failed', message };
  }
  return { kind: existsSync(runFolder) ? 'paused' : 'not started' };
}

/** A state on one line, for `npm run experiment -- status`. */
export function stateText(state: JobState): string {
  switch (state.kind) {
    case 'finished': {
      const warning = state.damaged.length > 0 ? `, but damaged: ${state.damaged.join(', ')}` : '';
      return `finished: top-1 ${state.record.top1.toFixed(2)} %${warning}`;
    }
    case 'running':
      return `running: ${state.by}`;
    case 'failed':
      return `failed: ${state.message.split('\n')[0]!}`;
    case 'paused':
      return 'paused; run the command again to resume';
    case 'not started':
      return 'not started';
  }
}
