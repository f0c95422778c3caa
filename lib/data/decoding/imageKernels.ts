import { loadAddon } from '../../tensor/engine/addon';

/** What the addon under `kernels/` does; it trusts its arguments. */
export interface ImageKernels {
  /** Width and height of a JPEG; undefined where it is none, or neither grey nor of three colours. */
  jpegSize(jpeg: Uint8Array): readonly [width: number, height: number] | undefined;
  /**
   * Promises the bytes of a cut, byte for byte as Pillow takes it: of the box (left, top, width, height), at a new size (width, height),
   * the window (left, top, width, height), by the bicubic kernel (1) or the bilinear (0). Undefined where libjpeg is not content.
   */
  cutJpeg(jpeg: Uint8Array, cut: Int32Array): Promise<Uint8Array | undefined>;
  /** The image [height, width, 3] at another size, for (width, height, new width, new height, 1 or 0 as above). */
  resize(image: Uint8Array, sizes: Int32Array): Uint8Array;
}

const loaded = loadAddon(
  'images',
  'Our image kernels cannot be loaded; images are decoded and resized more slowly without them',
);

/** The kernels, or undefined where there are none or `OFA_KERNELS=off` says not to use them. */
export function imageKernels(): ImageKernels | undefined {
  return process.env['OFA_KERNELS'] !== 'off' && isImageKernels(loaded) ? loaded : undefined;
}

function isImageKernels(addon: unknown): addon is ImageKernels {
  return typeof addon === 'object' && addon !== null && 'jpegSize' in addon && 'cutJpeg' in addon && 'resize' in addon;
}
