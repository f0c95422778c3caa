import { chanceOfImages } from '../gain';

/** The final top-1 of a method in per cent. */
export interface MethodResult {
  readonly name: string;
  readonly top1: number;
}

/** How do two methods compare after a short run, measured on `images` test images? */
export function ownMethodAnswer(own: MethodResult, baseline: MethodResult, images: number): string {
  const difference = Math.abs(own.top1 - baseline.top1);
  const chance = chanceOfImages([own.top1, baseline.top1], images);
  const caution = difference <= chance ? 'so this one is not evidence' : 'but other seeds would vary, too';
  return (
    `${own.name} reaches ${own.top1.toFixed(1)} % and ${baseline.name} ${baseline.top1.toFixed(1)} % top-1. ` +
    `With ${images} test images, differences of up to ±${chance.toFixed(1)} points may be chance, ${caution}.`
  );
}
