import * as ort from 'onnxruntime-common';
import type { Pixels } from '../../../lib/data/image';
import type { Manifest, ManifestNetwork } from './manifest';
import { packedFile } from './packedFile';
import { networkInput } from './pixels';

/** A module of one function that uses a SIMD instruction. */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** Why networks cannot run in this browser, or undefined. */
export function missingFeature(): string | undefined {
  if (typeof WebAssembly === 'undefined') return 'WebAssembly';
  if (!WebAssembly.validate(simdModule)) return 'WebAssembly SIMD';
  return typeof DecompressionStream === 'undefined' ? 'DecompressionStream' : undefined;
}

let runtime: Promise<void> | undefined;

async function loadRuntime({ file }: Manifest['runtime']): Promise<void> {
  // Threads need response headers that a static site cannot set.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = await packedFile(file);
}

/** A network in the browser. */
export interface Network extends ManifestNetwork {
  /** All outputs of the model for one image. */
  run(pixels: Pixels): Promise<ReadonlyMap<string, Float32Array>>;
}

/** Loads a network, and onnxruntime before the first one. */
export async function openNetwork(manifest: Manifest, entry: ManifestNetwork): Promise<Network> {
  runtime ??= loadRuntime(manifest.runtime);
  await runtime.catch((error: unknown) => {
    runtime = undefined;
    throw error;
  });
  const session = await ort.InferenceSession.create(await packedFile(entry.file));
  const { imageSize } = entry.preprocessing;
  return {
    ...entry,
    run: async (pixels) => {
      const input = networkInput(pixels, entry.preprocessing);
      const results = await session.run({
        pixel_values: new ort.Tensor('float32', input, [1, 3, imageSize, imageSize]),
      });
      return new Map(
        Object.entries(results).map(([name, { data }]) => {
          if (!(data instanceof Float32Array)) throw new Error(`The output ${name} of ${entry.name} is not float32.`);
          return [name, data];
        }),
      );
    },
  };
}
