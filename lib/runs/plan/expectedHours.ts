import { median } from '../../results/statistics/median';
import type { RunRecord } from '../../results/records/record';
import type { Recipe } from '../../training/recipe/recipe';
import { teacherName, teachersOf } from '../../training/recipe/teacherSpec';

/**
 * Core-seconds of a training step for 1000 images of 32 pixels. Measured with one thread on an AMD EPYC core with
 * AVX-512; resnet20 with two threads on an Intel Xeon. Used for networks without a record of their own.
 */
const stepSeconds: Readonly<Record<string, number>> = {
  resnet_16: 2.1,
  vit_64: 2.2,
  mixer_64: 1.5,
  resnet_24: 4.3,
  vit_96: 5.7,
  mixer_96: 3.8,
  resnet20: 4,
};
/** Cost of a teacher's forward pass as a share of its training step, measured likewise. */
const forwardShare = 0.39;
/** Core-seconds that four exit branches add for 1000 images, measured likewise. */
const branchSeconds = 1.6;

const cifarImages = 50_000;

/**
 * Hours that a run is expected to take with the given number of threads: from records of runs of the same networks
 * and method if there are any, otherwise from the speed of its networks. Null if neither was measured, for teachers
 * with an image size of their own, and for images of the user, whose number is not known here.
 */
export function expectedHours(recipe: Recipe, threads: number, records: readonly RunRecord[]): number | null {
  const { data, epochs, teacher } = recipe;
  if (teachersOf(teacher).some(({ imageSize }) => imageSize !== undefined)) return null;
  if (data.name === 'folder' || data.name === 'shards') return null;
  const images = data.name === 'synthetic' ? 0 : epochs * (data.trainImages ?? cifarImages);
  const coreSeconds = recordedCoreSeconds(recipe, records) ?? estimatedCoreSeconds(recipe);
  return coreSeconds === undefined ? null : (images * coreSeconds) / threads / 3600;
}

/**
 * Core-seconds per image in records of the same training, without epochs that read the teacher's outputs from the
 * cache.
 */
function recordedCoreSeconds(recipe: Recipe, records: readonly RunRecord[]): number | undefined {
  const perImage = records
    .filter((record) => isSameTraining(record, recipe))
    .flatMap(({ history, threads, processes = 1 }) =>
      history
        .filter(({ teacherCached }) => !teacherCached)
        .map(({ imagesPerSecond }) => (threads * processes) / imagesPerSecond),
    );
  return perImage.length > 0 ? median(perImage) : undefined;
}

function isSameTraining(record: RunRecord, { student, teacher, method, data, imageSize, precision }: Recipe): boolean {
  return (
    record.student === student &&
    record.teacher === teacherName(teacher) &&
    record.method === method.kind &&
    record.dataset === data.name &&
    record.machine.gpu === undefined &&
    record.recipe['imageSize'] === imageSize &&
    record.recipe['precision'] === precision
  );
}

/** Core-seconds per image from the table above; undefined for other networks, image sizes and precisions. */
function estimatedCoreSeconds({ student, teacher, method, imageSize, precision }: Recipe): number | undefined {
  const studentSeconds = stepSeconds[student];
  const teacherSeconds = teachersOf(teacher).map(({ model }) => stepSeconds[model]);
  if (studentSeconds === undefined || teacherSeconds.includes(undefined)) return undefined;
  if (imageSize !== undefined || precision !== undefined) return undefined;
  const sum = teacherSeconds.reduce<number>((total, seconds = 0) => total + seconds, 0);
  const branches = ['ofa', 'spofa'].includes(method.kind) ? branchSeconds : 0;
  return (studentSeconds + forwardShare * sum + branches) / 1000;
}
