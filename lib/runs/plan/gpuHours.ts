import { gpuHours as estimatedHours } from '../../experiments/paper/paperCost';
import type { Recipe } from '../../training/recipe/recipe';
import { teachersOf } from '../../training/recipe/teacherSpec';
import type { GpuStep } from './gpuSteps';

/** Hours of one GPU, and the measured step from which they follow. Without one, they are estimated from operations. */
export interface GpuHours {
  readonly hours: number;
  readonly measured?: GpuStep;
}

const imageCounts = { 'cifar-100': 50_000, imagenet: 1_281_167 } as const;

/**
 * Hours of one GPU that a recipe at the paper's size takes: from the last measured step of the same networks, image
 * size and precision, and otherwise estimated from multiply-adds. Images that are not CIFAR-100's are ImageNet's. Null
 * for networks whose multiply-adds were not counted.
 */
export function expectedGpuHours(recipe: Recipe, steps: readonly GpuStep[]): GpuHours | null {
  const data = recipe.data.name === 'cifar-100' ? 'cifar-100' : 'imagenet';
  const measured = steps.filter((step) => isStepOf(step, recipe)).at(-1);
  if (measured) {
    const images = recipe.epochs * (recipe.data.trainImages ?? imageCounts[data]);
    return { hours: (images * measured.milliseconds) / measured.batch / 3.6e6, measured };
  }
  const hours = estimatedHours(recipe, data);
  return hours === undefined ? null : { hours };
}

/** Measured steps are those of OFA with its four exit branches and one teacher. */
function isStepOf(step: GpuStep, { student, teacher, method, imageSize, precision }: Recipe): boolean {
  const [only, ...others] = teachersOf(teacher);
  return (
    method.kind === 'ofa' &&
    others.length === 0 &&
    step.student === student &&
    step.teacher === only?.model &&
    step.imageSize === (imageSize ?? 32) &&
    step.precision === (precision ?? 'float32')
  );
}

/** The GPU hours of several jobs, and how many follow from measurements, as a sentence. */
export function gpuHoursText(all: readonly (GpuHours | null)[]): string {
  const known = all.flatMap((one) => (one ? [one] : []));
  const measured = known.flatMap((one) => (one.measured ? [one.measured] : []));
  const hours = known.reduce((sum, one) => sum + one.hours, 0);
  const source =
    measured.length === 0
      ? 'estimated from operations, because no step of these networks has been measured on a GPU'
      : `${measured.length} of ${known.length} jobs from steps measured on ` +
        `${[...new Set(measured.map(({ gpu, date }) => `${gpu} (${date})`))].join(' and ')}, the others estimated`;
  const unknown = all.length - known.length;
  const rest = unknown > 0 ? `, not counting ${unknown} whose operations were not counted` : '';
  return `On one GPU the others take about ${hours.toFixed(hours < 10 ? 1 : 0)} hours (${source})${rest}.`;
}
