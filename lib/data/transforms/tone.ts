import type { Pixels } from '../image';

/** Inverts each byte: 255 − byte. */
export function invert(image: Pixels): Pixels {
  return mapBytes(
    image,
    lookupTable((byte) => 255 - byte),
  );
}

/** Inverts the bytes that are at least `threshold`. */
export function solarize(image: Pixels, threshold: number): Pixels {
  return mapBytes(
    image,
    lookupTable((byte) => (byte < threshold ? byte : 255 - byte)),
  );
}

/** Adds `offset` to the bytes below 128. */
export function solarizeAdd(image: Pixels, offset: number): Pixels {
  return mapBytes(
    image,
    lookupTable((byte) => (byte < 128 ? Math.min(255, byte + offset) : byte)),
  );
}

/** Keeps only the `bits` most significant bits of each byte. */
export function posterize(image: Pixels, bits: number): Pixels {
  return mapBytes(
    image,
    lookupTable((byte) => byte & ~(2 ** (8 - bits) - 1)),
  );
}

/** Stretches each channel to the range 0 to 255. A channel with a single value is unchanged. */
export function autoContrast(image: Pixels): Pixels {
  const tables = histograms(image).map((histogram) => {
    const low = histogram.findIndex((count) => count > 0);
    const high = highestByte(histogram);
    if (high <= low) return lookupTable((byte) => byte);
    const scale = 255 / (high - low);
    return lookupTable((byte) => Math.min(Math.max(Math.trunc(byte * scale - low * scale), 0), 255));
  });
  return mapBytes(image, ...tables);
}

/** Equalises the histogram of each channel. */
export function equalize(image: Pixels): Pixels {
  const tables = histograms(image).map((histogram) => {
    const step = Math.floor((image.height * image.width - histogram[highestByte(histogram)]!) / 255);
    if (step === 0) return lookupTable((byte) => byte);
    let sum = Math.floor(step / 2);
    return lookupTable((byte) => {
      const level = Math.floor(sum / step);
      sum += histogram[byte]!;
      return Math.min(level, 255);
    });
  });
  return mapBytes(image, ...tables);
}

/** The value of each byte from 0 to 255, computed in this order. */
function lookupTable(value: (byte: number) => number): Uint8Array {
  const values = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) values[byte] = value(byte);
  return values;
}

/** Looks the bytes up in one table for each channel, or in one table for all. */
function mapBytes({ data, height, width }: Pixels, ...tables: readonly Uint8Array[]): Pixels {
  const [red, green = red, blue = red] = tables;
  const mapped = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    mapped[i] = red![data[i]!]!;
    mapped[i + 1] = green![data[i + 1]!]!;
    mapped[i + 2] = blue![data[i + 2]!]!;
  }
  return { data: mapped, height, width };
}

function highestByte(histogram: Uint32Array): number {
  let byte = 255;
  while (byte > 0 && histogram[byte] === 0) byte--;
  return byte;
}

/** [3][256]: the number of pixels with each byte, per channel. */
function histograms({ data }: Pixels): [Uint32Array, Uint32Array, Uint32Array] {
  const counts = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
  for (let i = 0; i < data.length; i += 3) {
    counts[0][data[i]!]++;
    counts[1][data[i + 1]!]++;
    counts[2][data[i + 2]!]++;
  }
  return [...counts];
}
