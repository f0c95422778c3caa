import type { Pixels } from '../../../lib/data/image';
import { resizeAndCrop, type Preprocessing } from '../../../lib/data/transforms/preprocessing';
import { Random } from '../../../lib/tensor/random';

/** The network's input [3, size, size] for an image, by the functions of `lib/data`. */
export function networkInput(pixels: Pixels, preprocessing: Preprocessing): Float32Array {
  const { imageSize, mean, std } = preprocessing;
  // The evaluation transform draws no random numbers.
  const { data } = resizeAndCrop(preprocessing)(pixels, new Random(0));
  const area = imageSize ** 2;
  return Float32Array.from({ length: 3 * area }, (_, i) => {
    const channel = Math.floor(i / area);
    return (data[(i % area) * 3 + channel]! / 255 - mean[channel]!) / std[channel]!;
  });
}
