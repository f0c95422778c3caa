import { readJsonLinesIfExists } from '../../io/jsonLines';
import { epochRecord, type EpochRecord } from '../../results/records/record';

/** The epochs that a run has written, in order; none where it was stopped in its first. One that was killed between its metrics and its checkpoint has written an epoch twice. */
export async function finishedEpochs(file: string): Promise<EpochRecord[]> {
  const written = await readJsonLinesIfExists(file, (value) => epochRecord.parse(value));
  return [...new Map(written.map((measured) => [measured.epoch, measured])).values()].sort((a, b) => a.epoch - b.epoch);
}
