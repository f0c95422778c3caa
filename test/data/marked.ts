import type { ImageSet } from '../../lib/data/images/imageSet';

/** Images of 2 × 2 whose every byte is the image's place; labels 0, 1, …, classes − 1 in turn. */
export function marked(count: number, classes: number): ImageSet {
  return {
    name: 'marked',
    images: Uint8Array.from({ length: count * 12 }, (_, i) => Math.floor(i / 12)),
    labels: Uint8Array.from({ length: count }, (_, i) => i % classes),
    count,
    size: { height: 2, width: 2 },
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    mean: [0.1, 0.2, 0.3],
    std: [0.5, 1, 2],
  };
}
