/** Red, green and blue: one number per channel. */
export type Rgb = readonly [number, number, number];

/** Height and width in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** One image as bytes: `data` is [height, width, 3], row by row, with red, green and blue interleaved. */
export interface Pixels extends ImageSize {
  readonly data: Uint8Array;
}
