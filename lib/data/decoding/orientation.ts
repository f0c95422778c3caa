import type { Pixels } from '../image';

/** The image turned and mirrored as the tag Orientation of TIFF and Exif states (1 to 8; others change nothing). */
export function applyOrientation(image: Pixels, orientation: number): Pixels {
  if (!(orientation >= 2 && orientation <= 8)) return image;
  const isTransposed = orientation >= 5;
  const [width, height] = isTransposed ? [image.height, image.width] : [image.width, image.height];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = isTransposed ? [y, x] : [x, y];
      const oldX = fromRight ? image.width - 1 - column : column;
      const oldY = fromBottom ? image.height - 1 - row : row;
      const from = 3 * (oldY * image.width + oldX);
      const to = 3 * (y * width + x);
      for (let c = 0; c < 3; c++) data[to + c] = image.data[from + c]!;
    }
  }
  return { data, width, height };
}
