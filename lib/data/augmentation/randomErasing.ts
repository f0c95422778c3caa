import type { Finish } from '../batches/prepare';

/**
 * Random erasing (Zhong et al. 2020) in timm's mode `pixel`: with this probability, a rectangle of 2 % to a third of the image and
 * sides of 0.3 to 1 / 0.3 becomes normal noise. Works on the normalised values.
 */
export function randomErasing(probability: number): Finish {
  return (values, { height, width }, random) => {
    if (random.uniform() >= probability) return;
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = (leastArea + (mostArea - leastArea) * random.uniform()) * height * width;
      const aspect = Math.exp(Math.log(leastAspect) * (1 - 2 * random.uniform()));
      const tall = Math.round(Math.sqrt(area * aspect));
      const wide = Math.round(Math.sqrt(area / aspect));
      if (tall >= height || wide >= width) continue;
      const top = random.integer(height - tall + 1);
      const left = random.integer(width - wide + 1);
      for (let row = top; row < top + tall; row++) {
        for (let i = (row * width + left) * 3; i < (row * width + left + wide) * 3; i++) values[i] = random.normal();
      }
      return;
    }
  };
}

const leastArea = 0.02;
const mostArea = 1 / 3;
const leastAspect = 0.3;
