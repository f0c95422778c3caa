import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readJson } from '../../io/json';
import type { RunRecord } from '../../results/records/record';
import { failureOf, homeOf } from './paths';
import { finishedRecord, type Job } from '../job/job';
import { lockedBy } from './lock';
import { damagedFiles, hasManifest } from './manifest';

/** Where a job stands, by what its folder holds. */
export type JobState =
  | { readonly kind: 'finished'; readonly record: RunRecord; readonly damaged: readonly string[] }
  | { readonly kind: 'running'; readonly by: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'paused' }
  | { readonly kind: 'waiting' };

const failure = z.object({ message: z.string() });

/** Where a job stands in a folder of runs. */
export async function jobState(job: Job, folder: string): Promise<JobState> {
  const home = homeOf(job, folder);
  const record = await finishedRecord(job, folder);
  if (record) return { kind: 'finished', record, damaged: hasManifest(home) ? await damagedFiles(home) : [] };
  const by = await lockedBy(home);
  if (by !== undefined) return { kind: 'running', by };
  const failed = failureOf(home);
  if (existsSync(failed))
    return { kind: 'failed', message: (await readJson(failed, (value) => failure.parse(value))).message };
  return { kind: existsSync(home) ? 'paused' : 'waiting' };
}

/** A state in words. */
export function stateText(state: JobState): string {
  switch (state.kind) {
    case 'finished':
      return `top-1 ${state.record.top1.toFixed(2)} %${state.damaged.length > 0 ? `, but damaged: ${state.damaged.join(', ')}` : ''}`;
    case 'running':
      return `running: ${state.by}`;
    case 'failed':
      return `failed: ${state.message.split('\n')[0]!}`;
    case 'paused':
      return 'begun, to be gone on with';
    case 'waiting':
      return 'not begun';
  }
}
