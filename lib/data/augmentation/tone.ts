import type { Pixels } from './transform';

/** Each byte negated. */
export function invert(image: Pixels): Pixels {
  return map(
    image,
    table((byte) => 255 - byte),
  );
}

/** Bytes from `threshold` on negated. */
export function solarize(image: Pixels, threshold: number): Pixels {
  return map(
    image,
    table((byte) => (byte < threshold ? byte : 255 - byte)),
  );
}

/** Bytes below 128 raised by `add`. */
export function solarizeAdd(image: Pixels, add: number): Pixels {
  return map(
    image,
    table((byte) => (byte < 128 ? Math.min(255, byte + add) : byte)),
  );
}

/** Only the uppermost `bits` of each byte kept. */
export function posterize(image: Pixels, bits: number): Pixels {
  return map(
    image,
    table((byte) => byte & ~(2 ** (8 - bits) - 1)),
  );
}

/** Each colour stretched so that it reaches from 0 to 255; a colour of one value stays. */
export function autoContrast(image: Pixels): Pixels {
  return map(
    image,
    ...histograms(image).map((histogram) => {
      const low = histogram.findIndex((count) => count > 0);
      const high = highest(histogram);
      if (high <= low) return table((byte) => byte);
      const scale = 255 / (high - low);
      return table((byte) => Math.min(Math.max(Math.trunc(byte * scale - low * scale), 0), 255));
    }),
  );
}

/** Each colour's values spread so that all are about equally frequent. */
export function equalize(image: Pixels): Pixels {
  return map(
    image,
    ...histograms(image).map((histogram) => {
      const step = Math.floor((image.height * image.width - histogram[highest(histogram)]!) / 255);
      if (step === 0) return table((byte) => byte);
      let sum = Math.floor(step / 2);
      return table((byte) => {
        const level = Math.floor(sum / step);
        sum += histogram[byte]!;
        return Math.min(level, 255);
      });
    }),
  );
}

function table(value: (byte: number) => number): Uint8Array {
  const values = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) values[byte] = value(byte);
  return values;
}

/** The bytes looked up in one table for each of red, green and blue, or in one for all. */
function map({ data, height, width }: Pixels, ...tables: readonly Uint8Array[]): Pixels {
  const [red, green = red, blue = red] = tables;
  const mapped = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    mapped[i] = red![data[i]!]!;
    mapped[i + 1] = green![data[i + 1]!]!;
    mapped[i + 2] = blue![data[i + 2]!]!;
  }
  return { data: mapped, height, width };
}

function highest(histogram: Uint32Array): number {
  let byte = 255;
  while (byte > 0 && histogram[byte] === 0) byte--;
  return byte;
}

function histograms({ data }: Pixels): [Uint32Array, Uint32Array, Uint32Array] {
  const counts = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
  for (let i = 0; i < data.length; i += 3) {
    counts[0][data[i]!]++;
    counts[1][data[i + 1]!]++;
    counts[2][data[i + 2]!]++;
  }
  return [...counts];
}
