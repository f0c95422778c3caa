import { appendJsonLine, readJsonLinesIfExists } from '../../io/jsonLines';
import { epochRecord, type EpochRecord } from '../../results/records/record';
import type { EpochEvent } from '../../training/event';
import { metricsFile } from './paths';

/** Appends the metrics of an epoch to the run's `metrics.jsonl`, and returns them. */
export async function appendMetrics(runFolder: string, { kind: _, ...measured }: EpochEvent): Promise<EpochRecord> {
  await appendJsonLine(metricsFile(runFolder), measured);
  return measured;
}

/**
 * The metrics of the finished epochs of a run, in order; empty before the first. A run that is killed between writing
 * an epoch's metrics and its checkpoint repeats that epoch: the later line counts.
 */
export async function readMetrics(runFolder: string): Promise<EpochRecord[]> {
  const lines = await readJsonLinesIfExists(metricsFile(runFolder), (value) => epochRecord.parse(value), {
    mayBeCut: true,
  });
  const byEpoch = new Map(lines.map((epoch) => [epoch.epoch, epoch]));
  return [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch);
}
