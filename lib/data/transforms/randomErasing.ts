import type { NormalisedTransform } from './transform';

/**
 * Random erasing (Zhong et al. 2020) in timm's mode `pixel`: with this probability, replaces a rectangle of 2 % to ⅓ of
 * the image's area and an aspect ratio of 0.3 to 1 / 0.3 by standard normal noise.
 */
export function randomErasing(probability: number): NormalisedTransform {
  return (values, { height, width }, random) => {
    if (random.uniform() >= probability) return;
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = (minArea + (maxArea - minArea) * random.uniform()) * height * width;
      const aspect = Math.exp(Math.log(minAspect) * (1 - 2 * random.uniform()));
      const boxHeight = Math.round(Math.sqrt(area * aspect));
      const boxWidth = Math.round(Math.sqrt(area / aspect));
      if (boxHeight >= height || boxWidth >= width) continue;
      const top = random.integer(height - boxHeight + 1);
      const left = random.integer(width - boxWidth + 1);
      for (let row = top; row < top + boxHeight; row++) {
        const start = (row * width + left) * 3;
        for (let i = start; i < start + boxWidth * 3; i++) values[i] = random.normal();
      }
      return;
    }
  };
}

const minArea = 0.02;
const maxArea = 1 / 3;
const minAspect = 0.3;
