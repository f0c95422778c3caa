import { median } from '../../results/statistics/median';
import type { RunRecord } from '../../results/records/record';
import type { Recipe } from '../../training/recipe/recipe';

/**
 * Core-seconds that a training step takes for a thousand images of 32 pixels, measured with one thread on an AMD EPYC core with
 * AVX-512 (resnet20: with two on an Intel Xeon): for networks without a record of their own.
 */
const step: Readonly<Record<string, number>> = {
  resnet_16: 2.1,
  vit_64: 2.2,
  mixer_64: 1.5,
  resnet_24: 4.3,
  vit_96: 5.7,
  mixer_96: 3.8,
  resnet20: 4,
};
/** Measured likewise: what a teacher's forward pass takes of its own step, and what four exit branches add. */
const [forwardShare, branches] = [0.39, 1.6];

const cifarImages = 50_000;

/**
 * The hours that a run is expected to take with so many threads: by the records of runs of the same networks and method where there
 * are any, else by the speed of its networks; null where neither was measured, and for images of one's own, which are not counted here.
 */
export function expectedHours(
  { student, teacher, method, data, epochs, imageSize, precision }: Recipe,
  threads: number,
  records: readonly RunRecord[],
): number | null {
  if (data.name === 'folder' || data.name === 'shards') return null;
  const images = data.name === 'synthetic' ? 0 : epochs * (data.trainImages ?? cifarImages);
  const alike = records.filter(
    (record) =>
      record.student === student &&
      record.teacher === (teacher?.model ?? null) &&
      record.method === method.kind &&
      record.dataset === data.name &&
      record.machine.gpu === undefined &&
      record.recipe['imageSize'] === imageSize &&
      record.recipe['precision'] === precision,
  );
  const own = alike.flatMap((record) =>
    record.history
      .filter(({ teacherCached }) => !teacherCached)
      .map(({ imagesPerSecond }) => (record.threads * (record.processes ?? 1)) / imagesPerSecond),
  );
  const measured = own.length > 0 ? median(own) : undefined;
  const network = step[student];
  const taught = teacher === null ? 0 : step[teacher.model];
  if (
    measured === undefined &&
    (network === undefined || taught === undefined || imageSize !== undefined || precision !== undefined)
  )
    return null;
  const coreSeconds = measured ?? (network! + forwardShare * taught! + (method.kind === 'ofa' ? branches : 0)) / 1000;
  return (images * coreSeconds) / threads / 3600;
}
