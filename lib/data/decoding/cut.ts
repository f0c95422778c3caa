import type { Random } from '../../tensor/random';
import type { Kernel } from '../../tensor/resampling';
import type { Preparation } from '../augmentation/augmentation';
import type { ImageSize } from '../images/imageSet';
import { centred, resizedSize } from '../batches/preprocess';
import { randomBox, type Box } from '../augmentation/randomResizedCrop';

/** What is taken of an image: a part of it, resized, and a part of that. */
export interface Cut {
  readonly box: Box;
  readonly size: ImageSize;
  readonly kernel: Kernel;
  readonly window?: Box;
}

/** The square that a preparation takes of an image of any size: in training a random part if it says so; else the centre, as timm evaluates. */
export function cutOf(preparation: Preparation, random: Random): (size: ImageSize) => Cut {
  const { side } = preparation;
  if (preparation.for === 'evaluation') return (size) => centre(size, side, preparation.cropShare);
  const { augmentation: spec } = preparation;
  const crop = typeof spec === 'string' ? undefined : spec.crop;
  if (crop?.kind !== 'resized') return (size) => centre(size, side, 1);
  return (size) => ({
    box: randomBox(size, crop.area, crop.aspect, random),
    size: { width: side, height: side },
    kernel: random.uniform() < 0.5 ? 'bilinear' : 'bicubic',
  });
}

/** The shorter side resized to the square's over the share of it that is kept, then the square in the centre. */
function centre({ width, height }: ImageSize, side: number, share: number): Cut {
  const size = resizedSize({ width, height }, Math.floor(side / share));
  return {
    box: { top: 0, left: 0, width, height },
    size,
    kernel: 'bicubic',
    window: { top: centred(size.height - side), left: centred(size.width - side), width: side, height: side },
  };
}
