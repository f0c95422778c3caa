import { loadAddon } from '../../tensor/engine/addon';

/** The functions of the C++ add-on in this folder. It does not check its arguments. */
export interface ImageKernels {
  /**
   * Decodes, crops, resizes and crops again, byte for byte as Pillow. `crop` holds the box (left, top, width, height),
   * the size after resizing (width, height), the window of the result (left, top, width, height), and the filter (0:
   * bilinear, 1: bicubic). Resolves to [window height, window width, 3], or to undefined if libjpeg reports a warning
   * or an error.
   */
  decodeJpegCrop(jpeg: Uint8Array, crop: Int32Array): Promise<Uint8Array | undefined>;
  /**
   * Resizes an image [height, width, 3] byte for byte as Pillow. `sizes` holds width, height, the new width, the new
   * height, and the filter as above.
   */
  resize(image: Uint8Array, sizes: Int32Array): Uint8Array;
}

const addon = loadAddon(
  'images',
  'The image kernels cannot be loaded. Images are decoded and resized more slowly without them',
);

/** The kernels, or undefined if they are not built or `OFA_KERNELS=off` disables them. */
export function imageKernels(): ImageKernels | undefined {
  return process.env['OFA_KERNELS'] !== 'off' && isImageKernels(addon) ? addon : undefined;
}

function isImageKernels(value: unknown): value is ImageKernels {
  return typeof value === 'object' && value !== null && 'decodeJpegCrop' in value && 'resize' in value;
}
