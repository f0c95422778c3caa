import { quoted } from './classNames';
import type { FileDataset } from './dataset';

/** For example "36 images, 8 (cat) to 14 (dog) of each class". */
export function describeDataset({ labels, classes, count }: Pick<FileDataset, 'labels' | 'classes' | 'count'>): string {
  const sizes = new Uint32Array(classes.length);
  for (const label of labels) sizes[label]++;
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const share = (size: number): string => `${size} (${quoted(classes[sizes.indexOf(size)]!)})`;
  const each = smallest === largest ? String(smallest) : `${share(smallest)} to ${share(largest)}`;
  return `${count} images, ${each} of each class`;
}
