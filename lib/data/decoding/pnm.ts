import { short, UserError } from '../../errors';
import type { Pixels } from '../image';
import { pnmHeader, type PnmHeader } from './headers/pnmHeader';

/** Decodes a PBM, PGM or PPM image as Pillow does; samples of 16 bits keep their high byte. */
export function decodePnm(bytes: Buffer): Pixels {
  const header = pnmHeader(bytes);
  const { width, height, channels, maximum, depth } = header;
  const data = new Uint8Array(width * height * 3);
  const sample = sampleReader(bytes, header);
  const toByte = depth === 1 || maximum === 255 ? undefined : byteTable(maximum);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) {
      if (c >= channels) data[3 * pixel + c] = data[3 * pixel]!;
      else {
        const value = sample(pixel * channels + c);
        data[3 * pixel + c] = toByte ? toByte[value]! : value;
      }
    }
  }
  return { data, width, height };
}

/** Each value up to the maximum as a byte. */
function byteTable(maximum: number): Uint8Array {
  if (maximum === 65_535) return Uint8Array.from({ length: 65_536 }, (_, value) => value >> 8);
  return Uint8Array.from({ length: 65_536 }, (_, value) => Math.min(255, roundToEven((value / maximum) * 255)));
}

/** Python's `round`, which Pillow uses here. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

/** Returns the sample at an index: a byte of 0 or 255 for bits, and otherwise a value up to the maximum. */
function sampleReader(bytes: Buffer, { coding, start, width, height, channels, maximum }: PnmHeader) {
  const count = width * height * channels;
  const missing = (): UserError => new UserError('it is damaged (a PNM image that ends too early)');
  if (coding === 'text' || coding === 'text bits') {
    const text = bytes.toString('latin1', start).replace(/#[^\n\r]*/g, ' ');
    const values = (text.match(coding === 'text' ? /\S+/g : /\S/g) ?? []).slice(0, count);
    if (values.length < count) throw missing();
    const limit = coding === 'text' ? maximum : 1;
    const wrong = values.find((value) => !/^\d+$/.test(value) || Number(value) > limit);
    if (wrong !== undefined)
      throw new UserError(
        `it is damaged (a PNM image with the sample ${short(JSON.stringify(wrong), 20)} of 0 to ${limit})`,
      );
    return coding === 'text'
      ? (index: number) => Number(values[index])
      : (index: number) => (values[index] === '1' ? 0 : 255);
  }
  if (coding === 'bits') {
    const rowBytes = Math.ceil(width / 8);
    if (bytes.length < start + rowBytes * height) throw missing();
    return (index: number) => {
      const [row, column] = [Math.floor(index / width), index % width];
      return bytes[start + row * rowBytes + (column >> 3)]! & (0x80 >> (column & 7)) ? 0 : 255;
    };
  }
  const isWide = maximum > 255;
  if (bytes.length < start + count * (isWide ? 2 : 1)) throw missing();
  return isWide
    ? (index: number) => Math.min(maximum, bytes.readUInt16BE(start + 2 * index))
    : (index: number) => Math.min(maximum, bytes[start + index]!);
}
