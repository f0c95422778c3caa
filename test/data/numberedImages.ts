import type { InMemoryDataset } from '../../lib/data/datasets/dataset';

/** 2 × 2 images; every byte of an image is its index. The labels are 0, 1, …, classes − 1 in turn. */
export function numberedImages(count: number, classes: number): InMemoryDataset {
  return {
    name: 'numbered',
    images: Uint8Array.from({ length: count * 12 }, (_, i) => Math.floor(i / 12)),
    labels: Uint8Array.from({ length: count }, (_, i) => i % classes),
    count,
    size: { height: 2, width: 2 },
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    mean: [0.1, 0.2, 0.3],
    std: [0.5, 1, 2],
  };
}
