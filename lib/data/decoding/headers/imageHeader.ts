import type { ImageSize } from '../../image';

/** What the header of an encoded image states. Only plain data, so that it can be sent to another process. */
export interface ImageHeader extends ImageSize {
  readonly format: 'JPEG' | 'PNG' | 'WebP' | 'TIFF' | 'PNM';
  /** Bits of one sample, before it is converted to 8. */
  readonly depth: number;
  readonly colour: Colour;
  readonly tiff?: TiffLayout;
}

export type Colour = 'grey' | 'rgb' | 'palette' | 'cmyk' | 'ycbcr' | 'lab';

/** What the pixels of a TIFF need in addition. */
export interface TiffLayout {
  /** From 1 to 8, as in the tag; width and height of the header are those after turning. */
  readonly orientation: number;
  /** The samples are 32-bit floats in this range. */
  readonly range?: readonly [min: number, max: number];
  /** The first byte of the value of the tag PhotometricInterpretation. */
  readonly photometricAt: number;
  readonly isLittleEndian: boolean;
}

/** A header of which the given bytes contain only a part. */
export class IncompleteHeaderError extends Error {}
