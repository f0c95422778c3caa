import { appendJsonLine, readJsonLines } from '../../../lib/io/jsonLines';
import { epochRecord, type EpochRecord } from '../../../lib/results/records/record';
import type { Random } from '../../../lib/tensor/random';
import { damaged, truncated } from '../damage';
import { damagedJson } from '../damageJson';
import type { Target } from '../target';

/** The epoch log of a run: truncated as by a crash, or damaged; then a record is appended. */
export const target: Target = {
  file: 'metrics.jsonl',
  make: (random) => {
    const lines = Array.from({ length: random.integer(5) }, (_, i) => JSON.stringify(record(random, i + 1)));
    const kind = random.uniform();
    if (kind < 0.3 && lines.length > 0) lines[random.integer(lines.length)] = damagedJson(random, record(random, 1));
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    if (kind < 0.3) return bytes;
    return kind < 0.7 ? truncated(random, bytes) : damaged(random, bytes);
  },
  read: async (file) => {
    const parse = (value: unknown): EpochRecord => epochRecord.parse(value);
    const records = await readJsonLines(file, parse, { mayBeCut: true });
    const next: EpochRecord = {
      epoch: 99,
      loss: 1,
      parts: { label: 1 },
      learningRate: 0,
      imagesPerSecond: 1,
      seconds: 1,
    };
    await appendJsonLine(file, next);
    const after = await readJsonLines(file, parse, { mayBeCut: true });
    if (JSON.stringify(after) !== JSON.stringify([...records, next]))
      throw new Error(`${records.length} records became ${after.length} when one was appended`);
    return records;
  },
};

function record(random: Random, epoch: number): EpochRecord {
  return {
    epoch,
    loss: random.uniform(),
    parts: { label: random.uniform() },
    top1: 100 * random.uniform(),
    learningRate: 1e-3,
    imagesPerSecond: random.integer(500),
    seconds: 10 * random.uniform(),
  };
}
