import type { Random } from '../../tensor/random';
import type { ImageSet, ImageSize } from './imageSet';

export interface SyntheticOptions {
  readonly count: number;
  readonly classes: number;
  readonly size: ImageSize;
  /** Standard deviation of the noise, on the scale of the bytes. */
  readonly noise?: number;
}

/**
 * Striped images whose class shows in the stripes' direction, width and colour, while their position and the noise are random:
 * quick to learn, and enough to prove that a network does. The images are in turn of class 0, 1, 2, ….
 */
export function syntheticImages(random: Random, { count, classes, size, noise = 40 }: SyntheticOptions): ImageSet {
  const { height, width } = size;
  const images = new Uint8ClampedArray(count * height * width * 3);
  const labels = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % classes;
    drawStripes(
      images.subarray(i * height * width * 3, (i + 1) * height * width * 3),
      size,
      stripes(i % classes, classes),
      noise,
      random,
    );
  }
  return {
    name: 'synthetic stripes',
    images: new Uint8Array(images.buffer),
    labels,
    count,
    size,
    classes: Array.from({ length: classes }, (_, label) => `stripes ${label}`),
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
  };
}

interface Stripes {
  /** Radians a pixel, down and to the right. */
  readonly step: readonly [down: number, right: number];
  /** Brightness of red, green and blue in the stripes. */
  readonly colour: readonly number[];
}

/** Directions go round faster than colours, so that neighbouring classes differ in both. */
function stripes(label: number, classes: number): Stripes {
  const angle = (Math.PI * (label % 10)) / Math.min(classes, 10);
  const frequency = 0.5 + 0.25 * (Math.floor(label / 10) % 4);
  const hue = (2 * Math.PI * label * goldenRatio) % (2 * Math.PI);
  return {
    step: [frequency * Math.sin(angle), frequency * Math.cos(angle)],
    colour: [0, 1, 2].map((channel) => 64 * Math.cos(hue - (2 * Math.PI * channel) / 3)),
  };
}

const goldenRatio = (Math.sqrt(5) - 1) / 2;

function drawStripes(
  image: Uint8ClampedArray,
  { height, width }: ImageSize,
  { step, colour }: Stripes,
  noise: number,
  random: Random,
): void {
  const phase = 2 * Math.PI * random.uniform();
  const spread = noise * Math.sqrt(12);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const wave = 32 * Math.sin(phase + step[0] * row + step[1] * column);
      for (const shade of colour) image[at++] = 128 + wave + shade + spread * (random.uniform() - 0.5);
    }
  }
}
