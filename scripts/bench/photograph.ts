import sharp from 'sharp';
import type { Random } from '../../lib/tensor/random';

/**
 * Returns a random JPEG file with as much detail as a photograph: noise at every scale, stronger at coarser scales,
 * as in natural images (1/f spectrum).
 */
export async function photograph(width: number, height: number, quality: number, random: Random): Promise<Buffer> {
  const sum = new Float32Array(width * height * 3).fill(128);
  for (let cell = 1; cell <= 128; cell *= 2) {
    const [across, down] = [Math.ceil(width / cell), Math.ceil(height / cell)];
    const noise = Uint8Array.from({ length: across * down * 3 }, () => random.integer(256));
    const layer = await sharp(noise, { raw: { width: across, height: down, channels: 3 } })
      .resize(width, height, { fit: 'fill', kernel: 'cubic' })
      .raw()
      .toBuffer();
    const strength = 0.1 * cell ** 0.5;
    for (let i = 0; i < sum.length; i++) sum[i] += strength * (layer[i]! - 127.5);
  }
  return sharp(Uint8ClampedArray.from(sum), { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
}
