import type { Random } from '../../tensor/random';
import type { ImageSize } from '../image';
import type { InMemoryDataset } from './dataset';

export interface SyntheticOptions {
  readonly count: number;
  readonly classes: number;
  readonly size: ImageSize;
  /** Standard deviation of the noise, on a scale of 0 to 255. */
  readonly noise?: number;
}

/**
 * Images of stripes. The class determines the direction, width and colour of the stripes; their phase and the noise are
 * random. A network learns them within seconds, which shows that training works. The labels are 0, 1, 2, … in turn.
 */
export function syntheticImages(
  random: Random,
  { count, classes, size, noise = 40 }: SyntheticOptions,
): InMemoryDataset {
  const bytes = size.height * size.width * 3;
  const images = new Uint8ClampedArray(count * bytes);
  const labels = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % classes;
    const image = images.subarray(i * bytes, (i + 1) * bytes);
    drawStripes(image, size, stripesOfClass(i % classes, classes), noise, random);
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
  /** Change of phase per pixel in radians. */
  readonly step: readonly [down: number, right: number];
  /** Offset of each channel from mid-grey. */
  readonly colour: readonly number[];
}

/** The direction repeats every ten classes, the colour never, so that neighbouring classes differ in both. */
function stripesOfClass(label: number, classes: number): Stripes {
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
  // A uniform distribution of this width has a standard deviation of `noise`.
  const noiseWidth = noise * Math.sqrt(12);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const wave = 32 * Math.sin(phase + step[0] * row + step[1] * column);
      for (const offset of colour) image[at++] = 128 + wave + offset + noiseWidth * (random.uniform() - 0.5);
    }
  }
}
