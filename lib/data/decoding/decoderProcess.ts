import { UserError } from '../../errors';
import type { ResizedCrop } from '../transforms/resizedCrop';
import type { ImageHeader } from './headers/imageHeader';
import { decodeWithLibvips } from './libvips';

/** The image that a decoder process is to decode. */
export interface DecoderRequest {
  readonly bytes: Uint8Array;
  readonly header: ImageHeader;
  readonly crop: ResizedCrop;
}

/** The pixels, or what is wrong with the image; the first message of a process states that it is ready. */
export type DecoderReply =
  | { readonly isReady: true }
  | { readonly data: Uint8Array; readonly width: number; readonly height: number }
  | { readonly error: string; readonly isUserError: boolean };

/** The program of `DecoderProcesses`: decodes one image after the other until its parent disconnects. */
process.on('message', ({ bytes, header, crop }: DecoderRequest) => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  void decodeWithLibvips(buffer, header, crop)
    .then(
      ({ data, width, height }): DecoderReply => ({ data, width, height }),
      (error: unknown): DecoderReply => ({
        error: error instanceof Error ? error.message : String(error),
        isUserError: error instanceof UserError,
      }),
    )
    .then((reply) => process.send?.(reply));
});
// Signals to the whole group, such as Ctrl-C, are for the parent: an image that is not decoded would be left out.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Not by a normal exit, which would wait for native code.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.send?.({ isReady: true });
