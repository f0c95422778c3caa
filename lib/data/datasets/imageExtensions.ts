import path from 'node:path';

/** The extensions, in lower case, of the formats that are read. They are those of torchvision's list except BMP. */
export const imageExtensions: readonly string[] = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.ppm', '.pgm'];

/** Whether a file's extension is that of an image. */
export function isImageName(name: string): boolean {
  return imageExtensions.includes(path.extname(name).toLowerCase());
}
