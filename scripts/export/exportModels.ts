import type { Classifier } from '../../lib/export/classifier';
import { loadExits } from '../../lib/export/exits';
import { quantise } from '../../lib/export/onnxruntime/quantise';
import { writeOnnx } from '../../lib/export/writeOnnx';
import { disposeModule } from '../../lib/models/parameter';
import { installOnnxruntime } from '../onnxruntime/environments.mjs';
import { calibrationBatches } from './calibration';
import { checkOnnx } from './checkOnnx';

export interface ExportOptions {
  /** File with exit branches, whose outputs are added. */
  readonly branches?: string | undefined;
  /** Whether to write a model in int8, too. */
  readonly int8?: boolean | undefined;
  /** Folder of images that calibrate the model in int8. Default: training images of CIFAR-100. */
  readonly calibrate?: string | undefined;
  /** Whether to compare the model's outputs with the network's. */
  readonly check?: boolean | undefined;
}

/**
 * Writes a network as an ONNX model, in int8 too if chosen, and prints the paths and sizes. Checks all inputs before it
 * writes. Throws a UserError if they cannot be used.
 */
export async function exportModels(
  classifier: Classifier,
  out: string,
  { branches, int8, calibrate, check }: ExportOptions,
): Promise<void> {
  const exits = branches === undefined ? undefined : loadExits(classifier.model, branches);
  try {
    const calibration = int8 && (await calibrationBatches(classifier, calibrate));
    if (check || int8) await installOnnxruntime();
    const { onnx, bytes, configuration } = await writeOnnx(classifier, out, exits);
    console.log(`ONNX model: ${onnx} (${megabytes(bytes)})`);
    if (configuration.length > 0) console.log(`For transformers.js: ${configuration.join(', ')}`);
    if (check) {
      const difference = await checkOnnx(classifier.model, onnx, exits);
      console.log(
        `onnxruntime's outputs equal the network's: largest relative difference ${difference.toExponential(1)}.`,
      );
    }
    if (calibration) {
      const quantised = await quantise(onnx, calibration);
      console.log(`In int8: ${quantised.file} (${megabytes(quantised.bytes)})`);
    }
  } finally {
    if (exits) disposeModule(exits.modules);
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
